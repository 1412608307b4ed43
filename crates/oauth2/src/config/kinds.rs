//! What each type has, for people and for a schema.

use authwright_core::config::{Holds, Kind, Member, PLACE_MEMBERS, TOKEN_MEMBERS};

use super::client::{METHODS, PROVIDERS};

/// The types of this crate, for [`schema`](authwright_core::config::schema).
pub const KINDS: &[Kind] = &[
    Kind {
        name: "client_credentials",
        about: "OAuth 2: the program in its own name (RFC 6749 section 4.4).",
        members: &[CLIENT, PLACE_MEMBERS, TOKEN_MEMBERS],
        one_of: NOT_TWICE,
    },
    #[cfg(feature = "danger-password-grant")]
    Kind {
        name: "danger_password",
        about: "OAuth 2: a person's password, which RFC 9700 section 2.4 forbids.",
        members: &[
            &[
                Member::required("user", Holds::Text, "The person."),
                Member::required("password", Holds::Secret, "The password."),
            ],
            CLIENT,
            PLACE_MEMBERS,
            TOKEN_MEMBERS,
        ],
        one_of: NOT_TWICE,
    },
    Kind {
        name: "jwt_bearer",
        about: "OAuth 2: a statement that somebody else has signed (RFC 7523 section 2.1).",
        members: &[
            &[Member::required(
                "assertion",
                Holds::Secret,
                "The statement. A file is read again for each token.",
            )],
            CLIENT,
            PLACE_MEMBERS,
            TOKEN_MEMBERS,
        ],
        one_of: NOT_TWICE,
    },
    Kind {
        name: "refresh_token",
        about: "OAuth 2: a login that was made elsewhere (RFC 6749 section 6).",
        members: &[
            &[
                Member::optional(
                    "refresh_token",
                    Holds::Secret,
                    "Its refresh token; where it is not said, the one in the store.",
                ),
                Member::optional("subject", Holds::Text, "Whose login it is, where a store keeps several."),
            ],
            CLIENT,
            PLACE_MEMBERS,
            TOKEN_MEMBERS,
        ],
        one_of: NOT_TWICE,
    },
    Kind {
        name: "session",
        about: "OAuth 2: a login in the program's store, which the program makes by `Session::login`.",
        members: &[
            &[
                Member::optional("account", Holds::Text, "Which of several."),
                Member::optional("hint", Holds::Text, "What a person does to sign in: run `acme login`."),
            ],
            CLIENT,
            PLACE_MEMBERS,
        ],
        one_of: NOT_TWICE,
    },
    Kind {
        name: "token_exchange",
        about: "OAuth 2: somebody's token for one of another kind (RFC 8693).",
        members: &[
            &[
                Member::required(
                    "subject_token",
                    Holds::Secret,
                    "Whose token it is. A file is read again for each token.",
                ),
                Member::optional(
                    "subject_token_type",
                    Holds::Text,
                    "Its type, as a URN; an access token where nothing is said.",
                ),
                Member::optional("actor_token", Holds::Secret, "Who acts for them."),
                Member::optional("actor_token_type", Holds::Text, "Its type."),
                Member::optional("requested_token_type", Holds::Text, "What is wanted."),
                Member::optional("audience", Holds::Text, "Whom it is for, by name."),
            ],
            CLIENT,
            PLACE_MEMBERS,
            TOKEN_MEMBERS,
        ],
        one_of: NOT_TWICE,
    },
];

const NOT_TWICE: &[&str] = &["", "header", "query", "cookie"];

const CLIENT: &[Member] = &[
    Member::optional("issuer", Holds::Text, "Who issues tokens, exactly as its metadata have it (RFC 8414)."),
    Member::optional("provider", Holds::Choice(PROVIDERS), "A well-known issuer, instead."),
    Member::optional("token_endpoint", Holds::Text, "An endpoint by hand; metadata are not looked up then."),
    Member::optional("authorization_endpoint", Holds::Text, "An endpoint by hand."),
    Member::optional("device_authorization_endpoint", Holds::Text, "An endpoint by hand."),
    Member::optional("introspection_endpoint", Holds::Text, "An endpoint by hand."),
    Member::optional("pushed_authorization_request_endpoint", Holds::Text, "An endpoint by hand."),
    Member::optional("revocation_endpoint", Holds::Text, "An endpoint by hand."),
    Member::optional("jwks_uri", Holds::Text, "Where the server's keys are."),
    Member::optional("sends_issuer", Holds::Flag, "Whether a server given by hand sends `iss` (RFC 9207)."),
    Member::required("client_id", Holds::Text, "Who the program is there."),
    Member::optional("client_secret", Holds::Secret, "Its secret."),
    Member::optional("private_key", Holds::Secret, "Its key as PEM, which signs; needs the feature `keys`."),
    Member::optional("key_id", Holds::Text, "What the server calls the key."),
    Member::optional(
        "token_endpoint_auth_method",
        Holds::Choice(METHODS),
        "How it shows itself (RFC 7591 section 2).",
    ),
    Member::optional("scope", Holds::List, "What to ask for."),
    Member::optional("resource", Holds::List, "The APIs that tokens are for, as URLs (RFC 8707)."),
    Member::optional("parameters", Holds::Texts, "Parameters of the server's own, such as audience."),
    Member::optional("pushed", Holds::Flag, "Pushes authorization requests (RFC 9126)."),
    Member::optional("require_pkce", Holds::Flag, "Refuses a server that does not say it knows PKCE."),
    Member::optional("dpop", Holds::Flag, "Binds tokens to a key (RFC 9449); needs the feature `keys`."),
];
