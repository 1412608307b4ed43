//! What the caller gave, kept for hops and resends to come: never with a credential of ours in it.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// The caller's method and header fields. One allocation.
pub(super) struct Kept {
    pub(super) method: Method,
    fields: Vec<Field>,
}

struct Field {
    name: HeaderName,
    value: HeaderValue,
    /// One of the client's default headers, not set for this request.
    default: bool,
}

impl Kept {
    pub(super) fn new(method: &Method, headers: &HeaderMap, defaults: &HeaderMap) -> Self {
        let mut fields = Vec::with_capacity(headers.len() + defaults.len());
        let field = |default| {
            move |(name, value): (&HeaderName, &HeaderValue)| Field {
                name: name.clone(),
                value: value.clone(),
                default,
            }
        };
        fields.extend(headers.iter().map(field(false)));
        fields.extend(defaults.iter().filter(|(name, _)| !headers.contains_key(*name)).map(field(true)));
        Self { method: method.clone(), fields }
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.fields.len());
        for field in &self.fields {
            headers.append(field.name.clone(), field.value.clone());
        }
        headers
    }

    /// Drops, for good, what must not reach another origin: also the fields that entries write, since what a caller puts
    /// in their place is a credential too. Returns the names of what it dropped.
    ///
    /// RFC 9110 section 15.4 asks for it; what is dropped once is never restored, even if the chain comes back.
    pub(super) fn leave_origin(&mut self, is_written_by_us: impl Fn(&HeaderName) -> bool) -> Vec<String> {
        let mut dropped = Vec::new();
        self.fields.retain(|field| {
            let keep = !is_credential(&field.name, &field.value)
                && !is_written_by_us(&field.name)
                && (!field.default || is_anonymous(&field.name))
                && !is_bound_to_origin(&field.name);
            if !keep {
                dropped.push(field.name.to_string());
            }
            keep
        });
        dropped
    }

    /// Drops what describes a body that is no longer there (RFC 9110 section 15.4).
    pub(super) fn drop_content_headers(&mut self) {
        self.fields.retain(|field| {
            !CONTENT.contains(&field.name)
                && !matches!(field.name.as_str(), "digest" | "content-digest" | "repr-digest")
        });
    }
}

const CONTENT: [HeaderName; 9] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::LAST_MODIFIED,
    header::TRAILER,
    header::TRANSFER_ENCODING,
];

/// Whether a field the caller set says who is asking.
pub(super) fn is_credential(name: &HeaderName, value: &HeaderValue) -> bool {
    value.is_sensitive() || is_credential_name(name)
}

/// Whether fields of this name carry credentials by their very name, whoever set them and however.
///
/// The standard ones, and the proprietary ones in wide use: the lists of other clients stop at three names, and the
/// rest is what leaks.
pub fn is_credential_name(name: &HeaderName) -> bool {
    if [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(name) {
        return true;
    }
    let name = name.as_str();
    let words =
        ["apikey", "api-key", "api-token", "auth-token", "access-token", "security-token", "session-token"];
    words.iter().any(|word| name.ends_with(word))
        || matches!(
            name,
            "cookie2"
                | "dpop"
                | "private-token"
                | "job-token"
                | "x-auth-key"
                | "x-auth"
                | "x-token"
                | "x-vault-token"
                | "x-api-secret"
                | "x-secret"
                | "x-secret-key"
                | "x-amz-content-sha256"
                | "x-goog-iam-authorization-token"
                | "signature"
                | "signature-input"
                | "ocp-apim-subscription-key"
                | "x-functions-key"
                | "circle-token"
        )
}

/// Fields that would be wrong, or tell too much, at another host.
fn is_bound_to_origin(name: &HeaderName) -> bool {
    [header::HOST, header::ORIGIN, header::REFERER].contains(name)
}

/// Default headers that say nothing about who is asking, so that they may go anywhere.
pub fn is_anonymous(name: &HeaderName) -> bool {
    [header::ACCEPT, header::ACCEPT_ENCODING, header::ACCEPT_LANGUAGE, header::USER_AGENT].contains(name)
}
