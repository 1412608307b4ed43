//! Many callers at once, callers that leave, and whoever fetches dying: what one `Tokens` promises then, on real clients.
//!
//! Token times follow a [`TestClock`](authwright_testkit::TestClock). Real time passes only where a bound is what is tested,
//! and no test asks whether something was fast: `--bin storms` of the benches does.

mod crowd;
mod deadlines;
mod frozen;
mod leaving;
mod margin;
mod saving;
mod shutdown;
mod sources;
mod support;
