//! The grammar of challenges and parameters (RFC 9110 sections 5.6.1 to 5.6.4, 11.2 and 11.3), read from left to right.
//!
//! No byte is looked at more than a few times: what is tried without being taken (a token68, a scheme after a comma)
//! ends at the next comma at the latest, and a quoted string that never ends takes the whole line with it.

use super::{
    Body, Challenge, Params,
    runs::{lower, plain},
};

const MAX_PARAMS: u32 = 64;

const TOKEN: u8 = 1;
const TOKEN68: u8 = 2;
const BLANK: u8 = 4;
const SEPARATOR: u8 = 8;

/// The classes each byte belongs to.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b' ' | b'\t' => BLANK | SEPARATOR,
            b',' => SEPARATOR,
            b'-' | b'.' | b'_' | b'~' | b'+' => TOKEN | TOKEN68,
            b'/' => TOKEN68,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'^' | b'`' | b'|' => TOKEN,
            _ if byte.is_ascii_alphanumeric() => TOKEN | TOKEN68,
            _ => 0,
        };
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

/// What is left of a line. `None` from a method that reads means malformed; what it has taken so far stays taken.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// Reads a challenge and the separators after it.
    #[inline]
    pub(super) fn challenge(&mut self) -> Option<Challenge<'a>> {
        let scheme = Some(self.take(TOKEN)).filter(|scheme| !scheme.is_empty())?;
        match self.0 {
            [b' ' | b'\t', ..] => self.skip_blanks(),
            [] | [b',', ..] => {}
            _ => return None,
        }
        if self.at_item_end() {
            self.skip_separators();
            return Some(Challenge { scheme, body: Body::Params(&[]) });
        }
        // Nothing is both: after the `=` of a parameter stands a value, after that of a token68 the end of the item.
        let start = *self;
        if let Some(params) = self.params() {
            return Some(Challenge { scheme, body: Body::Params(params) });
        }
        let token68 = start.token68(self)?;
        Some(Challenge { scheme, body: Body::Token68(token68) })
    }

    /// Reads a line that is nothing but parameters.
    pub(super) fn bare_params(&mut self) -> Option<&'a [u8]> {
        self.skip_separators();
        let params = if self.0.is_empty() { self.0 } else { self.params()? };
        self.0.is_empty().then_some(params)
    }

    /// Reads parameters and the separators after them, up to the end of the line or the next scheme. Gives the bytes they
    /// stand in.
    fn params(&mut self) -> Option<&'a [u8]> {
        let start = self.0;
        let mut names = Names::default();
        loop {
            let item = *self;
            let before = &start[..start.len() - item.0.len()];
            let name = self.name();
            if name.is_empty() {
                return None;
            }
            if !before.is_empty() && self.is_after_scheme() {
                *self = item;
                return Some(before);
            }
            self.value()?;
            names.add(name, before)?;
            if !self.at_item_end() {
                return None;
            }
            self.skip_separators();
            if self.0.is_empty() {
                return Some(start);
            }
        }
    }

    /// Leaves what cannot be read: goes on to the next comma, outside quotes, that a scheme follows.
    #[cold]
    pub(super) fn resynchronise(&mut self) {
        loop {
            match self.0 {
                [] => return,
                [b'"', ..] => {
                    self.quoted();
                }
                [b',', ..] => {
                    self.skip_separators();
                    let mut ahead = *self;
                    if !ahead.take(TOKEN).is_empty() && ahead.is_after_scheme() {
                        return;
                    }
                }
                _ => self.skip(1),
            }
        }
    }

    /// Reads `1*token68-char *"="` and the separators after it, and sets `rest` to what is left then. Sets nothing if that
    /// is not what stands here.
    #[cold]
    fn token68(self, rest: &mut Self) -> Option<&'a [u8]> {
        let mut ahead = self;
        let chars = ahead.take(TOKEN68).len();
        while let [b'=', ..] = ahead.0 {
            ahead.skip(1);
        }
        let token68 = &self.0[..self.0.len() - ahead.0.len()];
        ahead.skip_blanks();
        if chars == 0 || !ahead.at_item_end() {
            return None;
        }
        ahead.skip_separators();
        *rest = ahead;
        Some(token68)
    }

    /// Reads a token, or nothing. Most names are in lower case.
    #[inline]
    fn name(&mut self) -> &'a [u8] {
        let start = self.0;
        self.skip(lower(start));
        self.take(TOKEN);
        &start[..start.len() - self.0.len()]
    }

    /// Reads `BWS "=" BWS ( token / quoted-string )` and the blanks after it. Nearly every value is a quoted string without
    /// a backslash, and nearly none has blanks before it.
    #[inline]
    fn value(&mut self) -> Option<()> {
        if let [b'=', b'"', quoted @ ..] = self.0
            && let Some((_, [b'"', after @ ..])) = quoted.split_at_checked(plain(quoted))
        {
            self.0 = after;
            self.skip_blanks();
            return Some(());
        }
        self.any_value().map(|_| ())
    }

    /// The same, in whatever spelling.
    pub(super) fn any_value(&mut self) -> Option<Text<'a>> {
        self.skip_blanks();
        self.0 = self.0.strip_prefix(b"=")?;
        self.skip_blanks();
        let value = match self.0 {
            [b'"', ..] => self.quoted()?,
            _ => Text { bytes: Some(self.take(TOKEN)).filter(|token| !token.is_empty())?, has_pairs: false },
        };
        self.skip_blanks();
        Some(value)
    }

    /// Reads a quoted string (RFC 9110 section 5.6.4), to its end even if something in it is not allowed there.
    fn quoted(&mut self) -> Option<Text<'a>> {
        self.skip(1);
        let start = self.0;
        let (mut valid, mut has_pairs) = (true, false);
        loop {
            self.skip(plain(self.0));
            let bytes = &start[..start.len() - self.0.len()];
            let &byte = self.0.first()?;
            self.skip(1);
            match byte {
                b'"' => return valid.then_some(Text { bytes, has_pairs }),
                b'\\' => {
                    has_pairs = true;
                    valid &= matches!(self.0.first()?, b'\t' | b' '..=b'~' | 0x80..);
                    self.skip(1);
                }
                b'\t' => {}
                _ => valid = false,
            }
        }
    }

    /// Whether the token just read is a scheme, and not the name of a parameter: no `=` stands after it. Takes blanks.
    #[inline]
    fn is_after_scheme(&mut self) -> bool {
        match self.0 {
            [] | [b',', ..] => true,
            [b' ' | b'\t', ..] => {
                self.skip_blanks();
                !matches!(self.0, [b'=', ..])
            }
            _ => false,
        }
    }

    #[inline]
    fn at_item_end(self) -> bool {
        matches!(self.0, [] | [b',', ..])
    }

    #[inline]
    pub(super) fn skip_separators(&mut self) {
        match self.0 {
            [] => {}
            // So they nearly always stand.
            [b',', b' ', next, ..] if is(*next, TOKEN) => self.0 = &self.0[2..],
            _ => {
                self.take(SEPARATOR);
            }
        }
    }

    #[inline]
    fn skip_blanks(&mut self) {
        self.take(BLANK);
    }

    /// Takes the bytes of a class that stand here.
    #[inline]
    fn take(&mut self, class: u8) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| !is(byte, class)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        #[cfg(test)]
        steps::count(end + 1);
        taken
    }

    #[inline]
    fn skip(&mut self, bytes: usize) {
        self.0 = &self.0[bytes..];
        #[cfg(test)]
        steps::count(1);
    }
}

/// A value as it stands, without its quotes.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    /// There are backslashes to take out.
    pub(super) has_pairs: bool,
}

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// Which names a list has had: at most once each (RFC 9110 section 11.2), and at most 64 of them.
#[derive(Default)]
struct Names {
    /// One bit for each hash that has occurred. A name that sets a new one is new without another look.
    seen: u64,
    count: u32,
}

impl Names {
    /// Takes note of a name. `None` if it is one too many, or has been in the list before.
    #[inline]
    fn add(&mut self, name: &[u8], before: &[u8]) -> Option<()> {
        let bit = 1 << hash(name);
        if self.seen & bit != 0 && Params::of_checked(before).has(name) {
            return None;
        }
        self.seen |= bit;
        self.count += 1;
        (self.count <= MAX_PARAMS).then_some(())
    }
}

/// Six bits of a name that do not depend on its case. The names in use differ in them (a test holds them to it).
pub(super) fn hash(name: &[u8]) -> usize {
    let fold = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or_default() | 0x20);
    (fold(name.first()) + fold(name.last()) * 4 + name.len() * 5) % 64
}

/// Counts what the reader does, for the tests that hold it to linear time.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<usize> = const { Cell::new(0) });

    pub(in crate::challenge) fn count(steps: usize) {
        STEPS.set(STEPS.get() + steps);
    }

    pub(in crate::challenge) fn take() -> usize {
        STEPS.take()
    }
}
