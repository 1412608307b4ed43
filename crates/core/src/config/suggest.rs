//! What somebody may have meant, and how it is written in a message.

/// Words of a document that messages show, at most so many characters: a pasted key is longer.
const SHOWN: usize = 24;

/// `, did you mean "client_credentials"?`, where one of the words is near.
pub(crate) fn did_you_mean<'a>(written: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    let lower = written.to_ascii_lowercase().replace('-', "_");
    // A letter swapped, left out or doubled; in a long word two or three.
    let far = |word: &str| 1 + word.len() / 5;
    let near = words
        .map(|word| (strsim::osa_distance(&lower, word), word))
        .filter(|(distance, word)| *distance <= far(word) || is_part(&lower, word))
        .min()?;
    Some(format!(", did you mean \"{}\"?", near.1))
}

/// `origin` for `origins`, `apikey` for `api_key`, `user_name` for `user`.
fn is_part(written: &str, word: &str) -> bool {
    let plain = |text: &str| text.replace('_', "");
    let (written, word) = (plain(written), plain(word));
    written.len() > 3 && word.len() > 3 && (written.starts_with(&word) || word.starts_with(&written))
}

/// A word of a document: in one line, and cut.
pub(crate) fn quoted(word: &str) -> String {
    let shown: String = word.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    let more = if word.chars().count() > SHOWN { "…" } else { "" };
    format!("\"{shown}{more}\"")
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
