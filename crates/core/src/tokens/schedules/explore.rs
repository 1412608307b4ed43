//! Depth-first over every choice: a run is replayed from its start with the choices of the last one, the last of them moved
//! on by one. No threads, no time, no chance.

#[derive(Default)]
pub(super) struct Choices {
    path: Vec<Choice>,
    at: usize,
}

struct Choice {
    taken: usize,
    of: usize,
}

impl Choices {
    /// One of so many. Beyond what is replayed, the first.
    pub(super) fn among(&mut self, of: usize) -> usize {
        if of == 1 {
            return 0;
        }
        if self.at == self.path.len() {
            self.path.push(Choice { taken: 0, of });
        }
        let choice = &self.path[self.at];
        assert_eq!(choice.of, of, "a replay found other choices: the model is not deterministic");
        self.at += 1;
        choice.taken
    }

    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some(last) = self.path.last_mut() {
            last.taken += 1;
            if last.taken < last.of {
                return true;
            }
            self.path.pop();
        }
        false
    }
}

/// Runs it once for every schedule there is, and counts them.
pub(super) fn every_schedule(mut run: impl FnMut(Choices) -> Choices) -> usize {
    let mut choices = Choices::default();
    let mut count = 0;
    loop {
        choices = run(choices);
        count += 1;
        if !choices.advance() {
            return count;
        }
    }
}

#[test]
fn every_combination_comes_once() {
    let mut seen = Vec::new();
    let count = every_schedule(|mut choices| {
        let first = choices.among(3);
        let second = if first == 1 { choices.among(2) } else { 0 };
        seen.push((first, second, choices.among(2)));
        choices
    });
    assert_eq!(count, 8);
    seen.dedup();
    assert_eq!(seen.len(), 8);
}
