//! `env:NAME`, `file:PATH`, `dotenv:NAME`: how a document names a secret without holding it.

use crate::Secret;

/// What to write in the place of a secret, to follow "write".
pub(super) const FORMS: &str = "env:NAME or file:PATH";

/// What a text in the place of a secret is.
pub(super) enum Written {
    Reference(Secret),
    /// The same, whose name could be the secret itself, written behind `env:` or `file:` by mistake: where it leads nowhere, it is not
    /// shown.
    Doubtful(Secret),
    /// A reference that names nothing; why, to follow the place. What it names is not shown: it may be the secret itself.
    Wrong(&'static str),
    Literal,
}

impl Written {
    pub(super) fn read(text: &str) -> Self {
        let Some((kind, name)) = text.split_once(':') else { return Self::Literal };
        match kind {
            "env" if is_usual(name) => Self::Reference(Secret::env(name)),
            "env" if is_variable(name) => Self::Doubtful(Secret::env(name)),
            "dotenv" if is_variable(name) => Self::dotenv(name),
            "env" | "dotenv" => Self::Wrong(
                "does not name an environment variable: letters, digits and `_` can follow the colon, with no blank",
            ),
            "file" if name.is_empty() => Self::Wrong("names no file: write file:PATH"),
            "file" if name.contains(char::is_control) || name.len() > PATH => {
                Self::Wrong("names no file: a path has no control characters, and at most 4096 bytes")
            }
            "file" if name.starts_with('~') => {
                Self::Wrong("begins with `~`, which only a shell replaces: write the whole path")
            }
            "file" if name.contains(['/', '\\', '.']) => Self::Reference(Secret::file(name)),
            "file" => Self::Doubtful(Secret::file(name)),
            _ => Self::Literal,
        }
    }

    #[cfg(feature = "dotenv")]
    fn dotenv(name: &str) -> Self {
        if is_usual(name) {
            Self::Reference(Secret::dotenv(name))
        } else {
            Self::Doubtful(Secret::dotenv(name))
        }
    }

    #[cfg(not(feature = "dotenv"))]
    fn dotenv(_: &str) -> Self {
        Self::Wrong("is looked up in a .env file, which needs the feature `dotenv`")
    }
}

/// The longest path that systems take.
const PATH: usize = 4096;

/// A name as shells have them (POSIX 8.1).
fn is_variable(name: &str) -> bool {
    (1..=256).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The names that programs give to variables. Most keys have small letters, or are longer.
fn is_usual(name: &str) -> bool {
    is_variable(name) && name.len() <= 64 && !name.bytes().any(|byte| byte.is_ascii_lowercase())
}
