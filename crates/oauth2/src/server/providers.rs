//! Well-known servers, so that nobody has to look their endpoints up: each function gives a [`Server`] for a
//! [`Registration`](crate::Registration).
//!
//! ```
//! use authwright_oauth2::{Registration, providers};
//!
//! let here = Registration::new(providers::github(), "Iv1.0123456789abcdef").scope("read:user");
//! let there = Registration::new(providers::keycloak("https://id.example.com", "staff"), "acme-cli");
//! ```
//!
//! Where a server publishes metadata that hold, a function names its issuer and no more: endpoints come from there. For the
//! others the endpoints are here, as their documentation had them in 2026. Each page says which. What is asked for is always
//! separated by blanks (RFC 6749 section 3.3), also where a provider's own pages show commas.
//!
//! Not here, because half of it would work:
//! * *Slack*: its answer has the token of a person inside another object, and `bot` for a type.
//! * *`LinkedIn`*: refuses a secret that comes with a `code_verifier`, which is always sent here (RFC 9700 section 2.1.1).
//! * *Notion*: its token endpoint is described with JSON, where RFC 6749 section 3.2 has a form.
//! * *Apple*: a client secret is a signed statement, made anew each time, that no standard describes.

use super::{Server, Which};
use crate::endpoint::form_encoded;

/// What is known of a provider. `{name}` in a URL stands for an argument; what is empty is not known.
struct Preset {
    issuer: &'static str,
    authorization: &'static str,
    token: &'static str,
    device: &'static str,
    revocation: &'static str,
    keys: &'static str,
    secret_in_body: bool,
}

/// All but the issuer comes from its metadata.
const WITH_METADATA: Preset = Preset {
    issuer: "",
    authorization: "",
    token: "",
    device: "",
    revocation: "",
    keys: "",
    secret_in_body: false,
};

impl Preset {
    fn server(&self, arguments: &[(&str, &str)]) -> Server {
        let url = |template: &str| {
            arguments.iter().fold(template.to_owned(), |url, (name, value)| url.replace(name, value))
        };
        let mut server = Server::new(url(self.issuer));
        for (which, template) in self.endpoints() {
            if !template.is_empty() {
                server = server.endpoint(which, url(template));
            }
        }
        if self.secret_in_body { server.takes_secret_in_body() } else { server }
    }

    fn endpoints(&self) -> [(Which, &'static str); 5] {
        [
            (Which::Authorization, self.authorization),
            (Which::Token, self.token),
            (Which::Device, self.device),
            (Which::Revocation, self.revocation),
            (Which::Keys, self.keys),
        ]
    }
}

/// A host, also where somebody gives its URL.
fn host(domain: &str) -> &str {
    domain.strip_prefix("https://").unwrap_or(domain).trim_end_matches('/')
}

/// A URL to which a path is appended.
fn base(url: &str) -> &str {
    url.trim_end_matches('/')
}

/// Atlassian cloud: Jira, Confluence and others.
///
/// Wants `.parameter("audience", "api.atlassian.com")`; the scope `offline_access` gets a refresh token, which is good
/// once. Takes confidential clients only. Rests on: endpoints by hand, from its page on OAuth 2.0 (3LO).
pub fn atlassian() -> Server {
    ATLASSIAN.server(&[])
}

const ATLASSIAN: Preset = Preset {
    issuer: "https://auth.atlassian.com",
    authorization: "https://auth.atlassian.com/authorize",
    token: "https://auth.atlassian.com/oauth/token",
    ..WITH_METADATA
};

/// A tenant of Auth0 by its domain, such as `acme.eu.auth0.com`, or by your own.
///
/// Gives a token for an API only where that is named: `.parameter("audience", "https://api.example.com")`. Rests on:
/// `OpenID` metadata. Its issuer has a slash at its end, which is added here.
pub fn auth0(domain: &str) -> Server {
    AUTH0.server(&[("{domain}", host(domain))])
}

const AUTH0: Preset = Preset { issuer: "https://{domain}/", ..WITH_METADATA };

/// Bitbucket Cloud.
///
/// Knows no scope in a request: what a token may do is set with the consumer. Takes confidential clients only. Rests on:
/// endpoints by hand, from its page on OAuth 2.0.
pub fn bitbucket() -> Server {
    BITBUCKET.server(&[])
}

const BITBUCKET: Preset = Preset {
    issuer: "https://bitbucket.org",
    authorization: "https://bitbucket.org/site/oauth2/authorize",
    token: "https://bitbucket.org/site/oauth2/access_token",
    ..WITH_METADATA
};

/// A user pool of Amazon Cognito: its region, such as `eu-west-1`, and its id, such as `eu-west-1_AbCdEfGhI`.
///
/// The pool needs a domain, without which its metadata name no page to sign in at. Rests on: `OpenID` metadata.
pub fn cognito(region: &str, user_pool: &str) -> Server {
    COGNITO.server(&[("{region}", &form_encoded(region)), ("{pool}", &form_encoded(user_pool))])
}

const COGNITO: Preset =
    Preset { issuer: "https://cognito-idp.{region}.amazonaws.com/{pool}", ..WITH_METADATA };

/// Discord. Rests on: endpoints by hand, from its page on OAuth 2.0.
pub fn discord() -> Server {
    DISCORD.server(&[])
}

const DISCORD: Preset = Preset {
    issuer: "https://discord.com",
    authorization: "https://discord.com/oauth2/authorize",
    token: "https://discord.com/api/oauth2/token",
    revocation: "https://discord.com/api/oauth2/token/revoke",
    keys: "https://discord.com/api/oauth2/keys",
    ..WITH_METADATA
};

/// Dropbox.
///
/// Gives a refresh token only with `.parameter("token_access_type", "offline")`. Rests on: endpoints by hand, from its OAuth
/// guide. Its own way of giving a token up is not RFC 7009, so signing out does so on this machine alone.
pub fn dropbox() -> Server {
    DROPBOX.server(&[])
}

const DROPBOX: Preset = Preset {
    issuer: "https://www.dropbox.com",
    authorization: "https://www.dropbox.com/oauth2/authorize",
    token: "https://api.dropboxapi.com/oauth2/token",
    ..WITH_METADATA
};

/// Facebook.
///
/// The URLs are without a version, which means the oldest one the app may use. There are no refresh tokens. Rests on:
/// endpoints by hand, from its page on a login flow built manually.
pub fn facebook() -> Server {
    FACEBOOK.server(&[])
}

const FACEBOOK: Preset = Preset {
    issuer: "https://www.facebook.com",
    authorization: "https://www.facebook.com/dialog/oauth",
    token: "https://graph.facebook.com/oauth/access_token",
    secret_in_body: true,
    ..WITH_METADATA
};

/// GitHub: OAuth apps and GitHub apps.
///
/// Wants the secret of a client with a code also from programs that cannot keep one; with a device none is needed, where
/// that is switched on for the app. It answers errors with 200, and lists what it has granted with commas; both are
/// understood, the list as one text. Tokens of OAuth apps do not end. Its way of giving a token up is not RFC 7009, so
/// signing out does so on this machine alone.
///
/// Rests on: endpoints by hand, from its pages on authorizing apps, and the issuer that it names there and in its answers
/// (`iss`). Its metadata are for one client of its own, and it has no ID tokens.
pub fn github() -> Server {
    GITHUB.server(&[])
}

const GITHUB: Preset = Preset {
    issuer: "https://github.com/login/oauth",
    authorization: "https://github.com/login/oauth/authorize",
    token: "https://github.com/login/oauth/access_token",
    device: "https://github.com/login/device/code",
    secret_in_body: true,
    ..WITH_METADATA
};

/// GitLab by its URL: `https://gitlab.com`, or one of your own, with its path if it has one.
///
/// Refresh tokens are good once. Rests on: `OpenID` metadata.
pub fn gitlab(instance: &str) -> Server {
    GITLAB.server(&[("{instance}", base(instance))])
}

const GITLAB: Preset = Preset { issuer: "{instance}", ..WITH_METADATA };

/// Google.
///
/// Gives a refresh token only with `.parameter("access_type", "offline")`, and again to somebody who has signed in before
/// only where the login asks with `prompt=consent`. Gives programs for desktops a client secret, and wants it, though it is
/// none. Rests on: `OpenID` metadata.
pub fn google() -> Server {
    GOOGLE.server(&[])
}

const GOOGLE: Preset = Preset { issuer: "https://accounts.google.com", ..WITH_METADATA };

/// A realm of a Keycloak by its URL, such as `https://id.example.com`. One that is older than version 17, or configured so,
/// has `/auth` at its end.
///
/// Rests on: `OpenID` metadata.
pub fn keycloak(url: &str, realm: &str) -> Server {
    KEYCLOAK.server(&[("{base}", base(url)), ("{realm}", &form_encoded(realm))])
}

const KEYCLOAK: Preset = Preset { issuer: "{base}/realms/{realm}", ..WITH_METADATA };

/// Microsoft Entra ID: a tenant by its id, or `organizations`, `consumers` or `common`.
///
/// Needs the scope `offline_access` for a refresh token. ID tokens are of the tenant's id as their issuer, so only with that
/// id they are accepted; with a name or with `common` they are refused as another server's.
///
/// Rests on: endpoints by hand, from its page on the authorization code flow: the metadata of `common` name no issuer that
/// could be compared.
pub fn microsoft(tenant: &str) -> Server {
    MICROSOFT.server(&[("{tenant}", &form_encoded(tenant))])
}

const MICROSOFT: Preset = Preset {
    issuer: "https://login.microsoftonline.com/{tenant}/v2.0",
    authorization: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    device: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
    keys: "https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys",
    ..WITH_METADATA
};

/// Okta's own server of an organization by its domain, such as `acme.okta.com`. Its tokens are for Okta.
///
/// Needs the scope `offline_access` for a refresh token. Rests on: `OpenID` metadata.
pub fn okta(domain: &str) -> Server {
    OKTA.server(&[("{domain}", host(domain))])
}

const OKTA: Preset = Preset { issuer: "https://{domain}", ..WITH_METADATA };

/// An authorization server at Okta by its id, such as `default`. Its tokens are for your APIs.
///
/// Needs the scope `offline_access` for a refresh token. Rests on: `OpenID` metadata.
pub fn okta_server(domain: &str, server: &str) -> Server {
    OKTA_SERVER.server(&[("{domain}", host(domain)), ("{server}", &form_encoded(server))])
}

const OKTA_SERVER: Preset = Preset { issuer: "https://{domain}/oauth2/{server}", ..WITH_METADATA };

/// Salesforce by its host: `login.salesforce.com`, `test.salesforce.com` for sandboxes, or your own
/// `acme.my.salesforce.com`.
///
/// Does not say how long a token lives, so it is used until it is refused. Rests on: `OpenID` metadata.
pub fn salesforce(domain: &str) -> Server {
    SALESFORCE.server(&[("{domain}", host(domain))])
}

const SALESFORCE: Preset = Preset { issuer: "https://{domain}", ..WITH_METADATA };

/// Spotify.
///
/// Takes `http://127.0.0.1` for a redirect URI, and not `localhost`. Rests on: endpoints by hand, from its pages on the
/// authorization code flow.
pub fn spotify() -> Server {
    SPOTIFY.server(&[])
}

const SPOTIFY: Preset = Preset {
    issuer: "https://accounts.spotify.com",
    authorization: "https://accounts.spotify.com/authorize",
    token: "https://accounts.spotify.com/api/token",
    ..WITH_METADATA
};

/// Twitch.
///
/// Lists the scope it has granted in a form of its own, so it counts as granted as it was asked for. Its device flow is not
/// that of RFC 8628, and is not here. Rests on: endpoints by hand, from its page on getting tokens.
pub fn twitch() -> Server {
    TWITCH.server(&[])
}

const TWITCH: Preset = Preset {
    issuer: "https://id.twitch.tv/oauth2",
    authorization: "https://id.twitch.tv/oauth2/authorize",
    token: "https://id.twitch.tv/oauth2/token",
    revocation: "https://id.twitch.tv/oauth2/revoke",
    keys: "https://id.twitch.tv/oauth2/keys",
    secret_in_body: true,
    ..WITH_METADATA
};

/// X, formerly Twitter.
///
/// Needs the scope `offline.access` for a refresh token. Rests on: endpoints by hand, from its page on the authorization
/// code flow with PKCE.
pub fn x() -> Server {
    X.server(&[])
}

const X: Preset = Preset {
    issuer: "https://x.com",
    authorization: "https://x.com/i/oauth2/authorize",
    token: "https://api.x.com/2/oauth2/token",
    revocation: "https://api.x.com/2/oauth2/revoke",
    ..WITH_METADATA
};

/// Zoom.
///
/// Refresh tokens are good once. Its "server-to-server" apps use a grant of their own, which is not the client credentials
/// grant. Rests on: endpoints by hand, from its page on OAuth 2.0.
pub fn zoom() -> Server {
    ZOOM.server(&[])
}

const ZOOM: Preset = Preset {
    issuer: "https://zoom.us",
    authorization: "https://zoom.us/oauth/authorize",
    token: "https://zoom.us/oauth/token",
    revocation: "https://zoom.us/oauth/revoke",
    ..WITH_METADATA
};

#[cfg(test)]
#[path = "providers_tests.rs"]
mod tests;
