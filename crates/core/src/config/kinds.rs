//! The types of this crate: what each has, in words for people and for a schema.

/// A type of entry.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The word after `type`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What it has besides `origins`, `type` and `danger_plain_http`.
    ///
    /// In groups, so that types can share some.
    pub members: &'static [&'static [Member]],
    /// Of these, just one has to be there; or at most one, where the first is empty.
    pub one_of: &'static [&'static str],
}

/// What an entry of a type may or must have.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it has to be there.
    pub required: bool,
}

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// Text.
    Text,
    /// A secret, by reference: `env:NAME`, `file:PATH`, `dotenv:NAME`.
    Secret,
    /// Text, or a reference.
    TextOrSecret,
    /// True or false.
    Flag,
    /// Whole seconds.
    Seconds,
    /// Text or a list of texts.
    List,
    /// A table of texts.
    Texts,
    /// A table of secrets.
    Secrets,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Member {
    /// One that has to be there.
    pub const fn required(name: &'static str, holds: Holds, about: &'static str) -> Self {
        Self { name, about, holds, required: true }
    }

    /// One that may be there.
    pub const fn optional(name: &'static str, holds: Holds, about: &'static str) -> Self {
        Self { name, about, holds, required: false }
    }
}

const HEADER: Member = Member::optional("header", Holds::Text, "The header field that carries it.");
const QUERY: Member = Member::optional("query", Holds::Text, "The query parameter that carries it.");
const COOKIE: Member = Member::optional("cookie", Holds::Text, "The cookie that carries it.");
const PREFIX: Member =
    Member::optional("prefix", Holds::Text, "A word before it, in a header: `Token`, `ApiKey`.");
const DANGER_QUERY: Member = Member::optional(
    "danger_token_in_query",
    Holds::Flag,
    "Accepts the query parameter `access_token`, which ends up in histories and access logs.",
);
const USER: Member = Member::required("user", Holds::TextOrSecret, "The user.");
const WITHOUT_MD5: Member =
    Member::optional("without_md5", Holds::Flag, "Does not answer a Digest challenge with MD5.");

/// How tokens go: members of every type whose tokens [are put](super::Entry::put) on requests.
pub const PLACE_MEMBERS: &[Member] = &[
    Member::optional(
        "header",
        Holds::Text,
        "The header field that carries the token, instead of `Authorization: Bearer`.",
    ),
    Member::optional("query", Holds::Text, "The query parameter that carries the token."),
    Member::optional("cookie", Holds::Text, "The cookie that carries the token."),
    PREFIX,
    DANGER_QUERY,
];

/// How they are renewed and kept: members of every type whose [source](super::Entry::tokens) makes tokens, besides those.
pub const TOKEN_MEMBERS: &[Member] = &[
    Member::optional(
        "margin",
        Holds::Seconds,
        "How long before its end a token is renewed: 60 s where nothing is said.",
    ),
    Member::optional(
        "store_as",
        Holds::Text,
        "What the token is kept under in the program's store, where the rest of the entry does not say whose it is.",
    ),
];

/// The types of this crate. `digest` and `password` need the feature `digest`.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "api_key",
        about: "A key in a header, in the query or in a cookie.",
        members: &[&[
            HEADER,
            QUERY,
            COOKIE,
            Member::required("key", Holds::Secret, "The key."),
            PREFIX,
            DANGER_QUERY,
        ]],
        one_of: &["header", "query", "cookie"],
    },
    Kind {
        name: "basic",
        about: "A user and a password (RFC 7617).",
        members: &[&[
            USER,
            Member::required(
                "password",
                Holds::Secret,
                "The password; \"\" where the user is the secret, and written as a reference.",
            ),
        ]],
        one_of: &[],
    },
    Kind {
        name: "bearer",
        about: "A token that stays the same (RFC 6750).",
        members: &[&[Member::required("token", Holds::Secret, "The token, without the word Bearer.")]],
        one_of: &[],
    },
    Kind {
        name: "digest",
        about: "A user and a password that is never sent (RFC 7616).",
        members: &[&[USER, Member::required("password", Holds::Secret, "The password."), WITHOUT_MD5]],
        one_of: &[],
    },
    Kind {
        name: "password",
        about: "A user and a password for whichever scheme the server asks for: Digest, else Basic.",
        members: &[&[USER, Member::required("password", Holds::Secret, "The password."), WITHOUT_MD5]],
        one_of: &[],
    },
    Kind {
        name: "login",
        about: "A login endpoint: a POST whose JSON answer holds a token.",
        members: &[
            &[
                Member::required("url", Holds::Text, "Where to log in."),
                Member::optional(
                    "format",
                    Holds::Choice(&["json", "form"]),
                    "What is posted: json where nothing is said.",
                ),
                Member::optional("fields", Holds::Texts, "Fields that are no secrets: the user's name."),
                Member::optional("secrets", Holds::Secrets, "Fields that are: the password."),
                Member::optional("headers", Holds::Secrets, "Header fields of the login alone."),
                Member::optional(
                    "token_at",
                    Holds::Text,
                    "A JSON pointer to the token: /access_token where nothing is said.",
                ),
                Member::optional(
                    "expires_in_at",
                    Holds::Text,
                    "A JSON pointer to its lifetime in seconds: /expires_in.",
                ),
                Member::optional(
                    "lifetime",
                    Holds::Seconds,
                    "How long it lives where the answer does not say: an hour.",
                ),
            ],
            PLACE_MEMBERS,
            TOKEN_MEMBERS,
        ],
        one_of: &["", "header", "query", "cookie"],
    },
];
