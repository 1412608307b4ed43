//! The format, as ftp had it and curl made it usable: words between blanks, or between quotes.

use secrecy::SecretString;

/// What stands behind one `machine`, or behind `default`.
pub(super) struct Entry {
    /// None: every host.
    pub(super) host: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<SecretString>,
}

impl Entry {
    pub(super) fn is_for(&self, host: &str) -> bool {
        self.host.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(host))
    }
}

/// A line, and what is wrong there.
type Problem = (usize, &'static str);

pub(super) fn read(text: &str) -> Result<Vec<Entry>, Problem> {
    let mut words = Words { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(word) = words.next(true)? {
        let line = words.line;
        let mut value = || words.next(false)?.ok_or((line, "ends where a value should be"));
        let malformed =
            (line, "has a word that is none of machine, default, login, password, account and macdef");
        match &*word {
            "machine" => entries.push(Entry { host: Some(value()?), user: None, password: None }),
            "default" => entries.push(Entry { host: None, user: None, password: None }),
            "login" | "password" | "account" => {
                let value = value()?;
                let Some(entry) = entries.last_mut() else { return Err((line, "comes before any machine")) };
                let is_twice = match &*word {
                    "login" => entry.user.replace(value).is_some(),
                    "password" => entry.password.replace(value.into()).is_some(),
                    _ => false,
                };
                // Which of them was meant is not guessed at.
                if is_twice {
                    return Err((line, "says a second login or password for one machine"));
                }
            }
            // A macro of ftp's, which ends with an empty line.
            "macdef" => words.skip_macro(),
            _ => return Err(malformed),
        }
    }
    Ok(entries)
}

struct Words<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Words<'a> {
    /// The next word, whatever lines are in between. A comment is where a keyword could be: a password may begin with `#`.
    fn next(&mut self, comments: bool) -> Result<Option<String>, Problem> {
        loop {
            let start = self.rest.trim_start();
            self.skip_to(start);
            if !(comments && start.starts_with('#')) {
                break;
            }
            self.skip_to(start.find('\n').map_or("", |end| &start[end..]));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        if let Some(quoted) = self.rest.strip_prefix('"') {
            return self.quoted(quoted).map(Some);
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Some(word.to_owned()))
    }

    /// Up to the closing quote, with the escapes of curl.
    fn quoted(&mut self, text: &'a str) -> Result<String, Problem> {
        let mut word = String::new();
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    let rest = &text[at + 1..];
                    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
                        return Err((self.line, "has letters right behind a closing quote"));
                    }
                    self.rest = rest;
                    return Ok(word);
                }
                '\n' => break,
                '\\' => match letters.next() {
                    Some((_, 'n')) => word.push('\n'),
                    Some((_, 'r')) => word.push('\r'),
                    Some((_, 't')) => word.push('\t'),
                    Some((_, '\n')) | None => break,
                    Some((_, other)) => word.push(other),
                },
                other => word.push(other),
            }
        }
        Err((self.line, "has a quote that is not closed"))
    }

    fn skip_macro(&mut self) {
        let end = ["\n\n", "\n\r\n"].iter().filter_map(|end| self.rest.find(end)).min();
        self.skip_to(end.map_or("", |end| &self.rest[end..]));
    }

    /// Counts the lines in between.
    fn skip_to(&mut self, rest: &'a str) {
        let between = &self.rest[..self.rest.len() - rest.len()];
        self.line += between.matches('\n').count();
        self.rest = rest;
    }
}
