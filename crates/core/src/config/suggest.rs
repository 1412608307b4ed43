//! What somebody may have meant, and how it is written in a message.

/// Words of a document that messages show, at most so many characters: a pasted key is longer.
const SHOWN: usize = 24;

/// `, did you mean "client_credentials"?`, where one of the words is near.
pub(crate) fn did_you_mean<'a>(written: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    let (_, near) = words
        .map(|word| (distance(written, word), word))
        .filter(|(_, word)| is_near(written, word) || is_part(written, word))
        .min()?;
    Some(format!(", did you mean \"{near}\"?"))
}

/// A letter swapped, left out or doubled; in a long word two or three.
pub(super) fn is_near(written: &str, word: &str) -> bool {
    distance(written, word) <= 1 + word.len() / 5
}

fn distance(written: &str, word: &str) -> usize {
    // What is much longer is no misspelling of it, and would take its time.
    if written.len() > 2 * word.len() + 8 {
        return usize::MAX;
    }
    let lower = written.to_ascii_lowercase().replace('-', "_");
    strsim::osa_distance(&lower, word)
}

/// `origin` for `origins`, `apikey` for `api_key`, `user_name` for `user`.
fn is_part(written: &str, word: &str) -> bool {
    if written.len() > 64 {
        return false;
    }
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
    let (written, word) = (plain(written), plain(word));
    written.len() > 3 && word.len() > 3 && (written.starts_with(&word) || word.starts_with(&written))
}

/// `username` for `user`, and not `token_type` for `token`.
pub(super) fn is_drawn_out(written: &str, word: &str) -> bool {
    written.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// A word of a document: in one line, and cut.
pub(crate) fn quoted(word: &str) -> String {
    format!("\"{}\"", shown(word))
}

/// The same without quotes.
pub(crate) fn shown(word: &str) -> String {
    let shown: String = word.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if word.chars().nth(SHOWN).is_some() { shown + "…" } else { shown }
}

/// `a, b and c`.
pub(crate) fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.collect();
    match &words[..] {
        [] => "none".into(),
        [one] => (*one).into(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
