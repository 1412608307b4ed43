//! Plans on the ureq adapter.

use std::io::{self, Read};

use authwright_testkit::{Driver, Ending, Net, Outcome, Plan, PlanBody};
use authwright_ureq::{Agent, Error, Trail};

/// The ureq adapter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ureq;
