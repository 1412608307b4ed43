//! The table: every case beside its floor and its limit.

use crate::callgrind::Cost;

/// What a case is held against, and how far it may exceed it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The case.
    pub case: &'static str,
    /// The case it is measured against. Empty for a floor.
    pub floor: &'static str,
    /// Instructions.
    pub instructions: Limit,
    /// Allocations.
    pub allocations: Limit,
}

/// How far a cost may exceed that of the floor.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// It is only reported.
    Report,
    /// At most this many times the floor.
    Times(f64),
    /// At most this much on top of the floor.
    Plus(f64),
    /// At most this, whatever the floor costs.
    AtMost(f64),
}

/// The noise of the counts of an adapter: hash seeds and timers differ from run to run.
const NOISE: f64 = 0.05;

impl Limit {
    fn is_kept(self, cost: f64, floor: f64) -> bool {
        match self {
            Self::Report => true,
            Self::Times(times) => cost <= floor * times,
            Self::Plus(more) => cost <= floor + more + NOISE,
            Self::AtMost(most) => cost <= most + NOISE,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Report => "-".into(),
            Self::Times(times) => format!("<={times}x"),
            Self::Plus(more) => format!("<=+{more}"),
            Self::AtMost(most) => format!("<={most}"),
        }
    }
}

impl Row {
    /// What others are measured against.
    pub const fn floor(case: &'static str) -> Self {
        Self { case, floor: "", instructions: Limit::Report, allocations: Limit::Report }
    }

    /// A case without limits, for comparison.
    pub const fn shown(case: &'static str, floor: &'static str) -> Self {
        Self { case, floor, instructions: Limit::Report, allocations: Limit::Report }
    }

    /// A case with limits.
    pub const fn held(
        case: &'static str,
        floor: &'static str,
        instructions: Limit,
        allocations: Limit,
    ) -> Self {
        Self { case, floor, instructions, allocations }
    }
}

/// Prints the table. Returns how many limits are exceeded; a case that did not run exceeds its limit.
pub fn print(rows: &[Row], counted: &[(String, Cost)]) -> usize {
    println!(
        "{:<44} {:>9} {:>9} {:>7} {:>8}   {:>7} {:>6} {:>6}",
        "case", "instr/op", "over", "ratio", "limit", "alloc/op", "over", "limit"
    );
    rows.iter().filter(|row| !print_row(row, counted)).count()
}

fn print_row(row: &Row, counted: &[(String, Cost)]) -> bool {
    let find = |case: &str| counted.iter().find(|(name, _)| name == case).map(|(_, cost)| *cost);
    let Some(cost) = find(row.case) else {
        println!("{:<44} did not run: OVER", row.case);
        return false;
    };
    if row.floor.is_empty() {
        println!("\n{:<44} {:>9.0} {:>27}   {:>8.2}", row.case, cost.instructions, "floor", cost.allocations);
        return true;
    }
    let Some(floor) = find(row.floor) else {
        println!("{:<44} its floor did not run: OVER", row.case);
        return false;
    };
    let kept = row.instructions.is_kept(cost.instructions, floor.instructions)
        && row.allocations.is_kept(cost.allocations, floor.allocations);
    println!(
        "{:<44} {:>9.0} {:>+9.0} {:>6.2}x {:>8}   {:>8.2} {:>+6.2} {:>6}  {}",
        row.case,
        cost.instructions,
        cost.instructions - floor.instructions,
        cost.instructions / floor.instructions,
        row.instructions.text(),
        cost.allocations,
        cost.allocations - floor.allocations,
        row.allocations.text(),
        if kept { "ok" } else { "OVER" },
    );
    kept
}
