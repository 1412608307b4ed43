//! What runs under callgrind: cases, each inside one call of `counted_region`.

use std::hint::black_box;

/// Callgrind counts while this function runs and writes one dump when it returns: it knows it by its name.
#[inline(never)]
fn counted_region(work: &mut dyn FnMut()) {
    work();
    // Keeps the call above from becoming a jump, which callgrind would not see as a call.
    black_box(());
}

/// Runs cases one after another and remembers which they were.
#[derive(Debug)]
pub struct Recorder {
    iterations: usize,
    ran: Vec<(&'static str, usize)>,
}

/// Enough to have every lazily made thing made, and every pool filled.
const WARM_UP: usize = 8;

impl Recorder {
    /// Every operation is counted this many times.
    pub fn new(iterations: usize) -> Self {
        Self { iterations, ran: Vec::new() }
    }

    /// An operation on a state of its own, which is made before and dropped after the count.
    pub fn each<S, T>(
        &mut self,
        case: &'static str,
        mut state: impl FnMut() -> S,
        mut operation: impl FnMut(&mut S) -> T,
    ) {
        let mut states: Vec<S> = (0..WARM_UP).map(|_| state()).collect();
        for state in &mut states {
            drop(black_box(operation(black_box(state))));
        }
        let mut states: Vec<S> = (0..self.iterations).map(|_| state()).collect();
        counted_region(&mut || {
            for state in &mut states {
                drop(black_box(operation(black_box(state))));
            }
        });
        self.ran.push((case, self.iterations));
    }

    /// Work that repeats an operation as often as it is told.
    pub fn repeat(&mut self, case: &'static str, mut work: impl FnMut(usize)) {
        work(WARM_UP);
        let iterations = self.iterations;
        counted_region(&mut || work(iterations));
        self.ran.push((case, iterations));
    }

    /// The cases in the order they ran, one a line with its number of operations: what the parent process reads.
    pub fn print(&self) {
        for (case, iterations) in &self.ran {
            println!("{iterations}\t{case}");
        }
    }
}
