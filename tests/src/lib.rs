//! The contract suite: each property of `tests/tests` runs on every driver, in memory, on reqwest and on ureq.

mod reqwest_driver;
mod ureq_driver;

use authwright_testkit::{Driver, Memory};

pub use self::{reqwest_driver::Reqwest, ureq_driver::Ureq};

/// Runs a property on every driver. Its assertions should name the driver.
pub fn on_every_driver(mut property: impl FnMut(&dyn Driver)) {
    for driver in [&Memory as &dyn Driver, &Reqwest::new(), &Ureq] {
        property(driver);
    }
}
