//! Numbers of one run, and the table they end in.

use std::time::Duration;

/// The waits of one run, sorted.
pub(crate) struct Sample {
    pub(crate) waits: Vec<Duration>,
    /// How often the source was asked.
    pub(crate) fetches: usize,
    fetch: Duration,
}

impl Sample {
    pub(crate) fn new(mut waits: Vec<Duration>, fetches: usize) -> Self {
        waits.sort_unstable();
        Self { waits, fetches, fetch: Duration::ZERO }
    }

    pub(crate) fn with_fetch(self, fetch: Duration) -> Self {
        Self { fetch, ..self }
    }

    /// With the number of fetches.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
    pub(crate) fn percentile(&self, share: f64) -> (f64, usize) {
        let index = ((self.waits.len() - 1) as f64 * share).round() as usize;
        (self.waits[index].as_secs_f64() * 1e3, self.fetches)
    }
}

/// Whose turn it is.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) is_ours: bool,
}

/// Prints rows as they are measured.
pub(crate) struct Table {
    runs: usize,
}

impl Table {
    pub(crate) fn new(runs: usize) -> Self {
        Self { runs }
    }

    #[allow(clippy::unused_self)] // one of the table's parts like the others
    pub(crate) fn head(&self, what: &str, left: &str, right: &str, ratio: &str) {
        println!("\n{what:<52} {left:>9} {right:>9} {ratio:>15} (quartiles)    target  fetches");
    }

    /// Ours beside the floor. The last part of what a turn returns is its number of fetches.
    pub(crate) fn pair(&self, name: &str, target: f64, mut measure: impl FnMut(Turn) -> (f64, usize)) {
        self.rows(name, target, |run| {
            // The order alternates, so that neither is always the one with the warmer caches.
            let first_is_ours = run % 2 == 0;
            let first = measure(Turn { is_ours: first_is_ours });
            let second = measure(Turn { is_ours: !first_is_ours });
            let (ours, floor) = if first_is_ours { (first, second) } else { (second, first) };
            (ours.0, floor.0, ours.1)
        });
    }

    /// The longest wait beside the fetch that was waited for.
    pub(crate) fn against_fetch(&self, name: &str, target: f64, mut measure: impl FnMut() -> Sample) {
        self.rows(name, target, |_| {
            let sample = measure();
            let (last, fetches) = sample.percentile(1.0);
            (last, sample.fetch.as_secs_f64() * 1e3, fetches)
        });
    }

    fn rows(&self, name: &str, target: f64, mut run: impl FnMut(usize) -> (f64, f64, usize)) {
        let (mut left, mut right, mut ratios, mut fetches) = (vec![], vec![], vec![], vec![]);
        run(0);
        for number in 0..self.runs {
            let (ours, other, count) = run(number);
            left.push(ours);
            right.push(other);
            ratios.push(ours / other);
            fetches.push(count);
        }
        let [low, median, high] = quartiles(ratios);
        let verdict = if median <= target { "kept" } else { "MISSED" };
        let most = fetches.iter().max().copied().unwrap_or_default();
        let fetches = if most == 0 { "-".to_owned() } else { format!("at most {most}") };
        println!(
            "  {name:<50} {:>9.3} {:>9.3} {median:>8.3} ({low:.3} to {high:.3})    {target:<4} {verdict}  {fetches}",
            quartiles(left)[1],
            quartiles(right)[1],
        );
    }
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values.get(values.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}
