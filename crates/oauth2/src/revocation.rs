//! Giving tokens up (RFC 7009), and asking about them (RFC 7662).

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use authwright_core::{
    Error, Fault, Flow, Secret, Token,
    flow::{Io, Json},
};

use crate::{
    Registration,
    answer::{Asked, granted, refused},
    registration::read_secret,
    said::names,
    server::Which,
    service::{CLIENT, ISSUER, Service},
};

impl Registration {
    /// Gives a token up at its server (RFC 7009): a refresh token, with all that came of it, or an access token.
    pub fn revoke(&self, token: impl Into<Secret>) -> Flow<()> {
        let (checked, token) = (self.check(), token.into());
        Flow::new(move |io| async move {
            let (token, _) = read_secret(&token, "the token to be revoked")?;
            checked?.revoke(&token, "", &io).await
        })
    }

    /// Asks its server about a token (RFC 7662): for an API that has been sent one.
    pub fn introspect(&self, token: impl Into<Secret>) -> Flow<Introspection> {
        let (checked, token) = (self.check().map(Arc::new), token.into());
        Flow::new(move |io| async move {
            let (token, _) = read_secret(&token, "the token to be asked about")?;
            checked?.introspect(&token, &io).await
        })
    }
}

impl Service {
    /// Gives up a login. Its tokens go to the server that issued them (RFC 6749 section 10.4).
    pub(crate) async fn give_up(&self, token: &Token, io: &Io) -> Result<(), Error> {
        let metadata = self.metadata(io).await?;
        let is = |detail, ours: &str| token.expose_detail(detail) == Some(ours);
        if !is(ISSUER, &metadata.issuer) || !is(CLIENT, self.client.id()) {
            let message =
                "it was issued by another server or to another client, and was not sent to this one";
            return Err(Error::new(Fault::Store, message));
        }
        if metadata.find(Which::Revocation, self.client.has_certificate())?.is_none() {
            return Ok(());
        }
        // With a refresh token goes all that came of it (RFC 7009 section 2.1).
        match token.expose_refresh_token() {
            Some(refresh) => self.revoke(refresh, "refresh_token", io).await,
            None => self.revoke(token.expose(), "access_token", io).await,
        }
    }

    async fn revoke(&self, token: &str, hint: &str, io: &Io) -> Result<(), Error> {
        let metadata = self.metadata(io).await?;
        let parameters = [("token", token), ("token_type_hint", hint)];
        let answer = self.call(&metadata, Which::Revocation, &parameters, &[], None, io).await?;
        // Also for a token it does not know (RFC 7009 section 2.2).
        if answer.status().is_success() {
            return Ok(());
        }
        let endpoint = metadata.endpoint(Which::Revocation, self.client.has_certificate())?;
        let json = answer.json().ok();
        let code = json.as_ref().and_then(|json| json.text("error"));
        let secrets = [token];
        Err(refused(
            &answer,
            &self.asked(Which::Revocation, &endpoint.origin, &secrets, io),
            json.as_ref(),
            code,
        )
        .error)
    }

    async fn introspect(&self, token: &str, io: &Io) -> Result<Introspection, Error> {
        let metadata = self.metadata(io).await?;
        let answer = self.call(&metadata, Which::Introspection, &[("token", token)], &[], None, io).await?;
        let endpoint = metadata.endpoint(Which::Introspection, self.client.has_certificate())?;
        let secrets = [token];
        let asked = self.asked(Which::Introspection, &endpoint.origin, &secrets, io);
        let json = granted(&answer, &asked)?;
        if !json.has("active") {
            let names = names(&answer, &asked.secrets());
            let message = format!(
                "introspection endpoint at {} answered 200, but does not say whether the token is `active` (members: {names})",
                endpoint.origin
            );
            return Err(Error::new(Fault::Server, message));
        }
        Ok(Introspection(json.into_owned()))
    }

    fn asked<'a>(&'a self, which: Which, origin: &'a str, secrets: &'a [&'a str], io: &Io) -> Asked<'a> {
        let (what, now) = (which.name(), io.now());
        Asked { what, origin, client: &self.client, grant: "", remedy: "", secrets, now }
    }
}

/// What a server says of a token (RFC 7662 section 2.2). Of one that is not active it says nothing else.
pub struct Introspection(Json<'static>);

impl Introspection {
    /// Whether the token is good now. What is not plainly `true` is not.
    pub fn is_active(&self) -> bool {
        self.0.is_true("active")
    }

    /// The scope it was granted.
    pub fn scope(&self) -> Option<&str> {
        self.text("scope")
    }

    /// The client it was issued to.
    pub fn client_id(&self) -> Option<&str> {
        self.text("client_id")
    }

    /// Whose login it is of.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// `Bearer` or `DPoP`.
    pub fn token_type(&self) -> Option<&str> {
        self.text("token_type")
    }

    /// When it ends.
    pub fn expiry(&self) -> Option<SystemTime> {
        let since: Duration = self.0.lifetime("exp")?;
        SystemTime::UNIX_EPOCH.checked_add(since)
    }

    /// Another member, where it is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.text(&format!("/{}", name.replace('~', "~0").replace('/', "~1")))
    }
}

/// Shows the names of what was said.
impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Introspection({})", self.0.member_names())
    }
}
