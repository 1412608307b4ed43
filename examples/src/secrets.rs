//! What the embedded server expects. Real programs keep such things in the environment or in files.

/// For `X-API-Key`.
pub const HEADER_KEY: &str = "header-5f0c2b7e91";
/// For `Authorization: ApiKey …`.
pub const PREFIXED_KEY: &str = "prefixed-8d12a4c06b";
/// For `?api_key=…`: with characters that have a meaning in a query.
pub const QUERY_KEY: &str = "a&b=c/+%20 query-d93f2c68a1";
/// For the cookie `session`.
pub const COOKIE_KEY: &str = "cookie-77e0b3915c";
/// For `X-Partner`, which some programs set as a default header.
pub const PARTNER: &str = "partner-c41f6a20d8";

/// For Basic: characters outside ASCII are sent as UTF-8.
pub const USER: &str = "zoë";
/// For Basic.
pub const PASSWORD: &str = "pass wörd 9c41";
/// What the two come to on the wire.
pub const BASIC: &str = "em/DqzpwYXNzIHfDtnJkIDljNDE=";

/// For Digest.
pub const DIGEST_USER: &str = "sam";
/// For Digest: it is on no wire.
pub const DIGEST_PASSWORD: &str = "digest-4b18e6f0d2";
/// What the server says when it asks for Digest, and every answer repeats: whoever sees it has seen an answer.
pub const DIGEST_OPAQUE: &str = "opaque-e90c3a75b1";

/// For `Authorization: Bearer …`.
pub const TOKEN: &str = "token-2b96e4f17a";

/// Who logs in.
pub const EMAIL: &str = "sam@example.com";
/// What they log in with.
pub const LOGIN_PASSWORD: &str = "login-a71f03e6d9";

/// One tenant's key for `X-API-Key`.
pub const ACME_KEY: &str = "acme-e05b7d3c42";
/// Another tenant's.
pub const GLOBEX_KEY: &str = "globex-196fa8c7d0";

/// For `?appid=…` of the weather service.
pub const WEATHER_KEY: &str = "appid-60d7c2e9b4";

/// Who signs.
pub const SIGNER: &str = "agent-7";
/// What they sign with.
pub const SIGNING_KEY: &str = "signing-f3a85d0b6c";

/// The secret of a web application, at [`LoginServer`](crate::LoginServer).
pub const SHOP_SECRET: &str = "shop-d27f60c9e1";
/// That of a service.
pub const BILLING_SECRET: &str = "billing-5ca1f8037e";
/// That of a service between others.
pub const GATEWAY_SECRET: &str = "gateway-e0b94d7a26";

/// What the tour sends to the API and nobody else may see, in a spelling that no encoding changes.
pub const NOT_FOR_OTHERS: &[&str] = &[
    HEADER_KEY,
    PREFIXED_KEY,
    "query-d93f2c68a1",
    COOKIE_KEY,
    PARTNER,
    BASIC,
    DIGEST_OPAQUE,
    TOKEN,
    LOGIN_PASSWORD,
    ACME_KEY,
    GLOBEX_KEY,
];

/// What nobody may see, the API included: the password for Digest, as it is and as Basic would send it.
pub const FOR_NOBODY: &[&str] = &[DIGEST_PASSWORD, "c2FtOmRpZ2VzdC00YjE4ZTZmMGQy"];
