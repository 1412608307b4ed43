//! The device authorization grant (RFC 8628): the person signs in on another machine, by a short code.

use std::{fmt, time::Duration};

use authwright_core::{Error, Fault, flow::Io};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    Prompt,
    answer::{Asked, Granted, granted},
    authorization::Request,
    browser::Shown,
    said::names,
    server::{Metadata, Which},
    service::{Grant, Service},
};

pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.2: seconds between two polls, where the server does not say.
const INTERVAL: u64 = 5;
/// RFC 8628 section 3.5.
const SLOWER: Duration = Duration::from_secs(5);
/// No server asks for more, and nobody waits longer between two looks.
const LONGEST: Duration = Duration::from_secs(300);

/// Signing in on another machine: the person opens an address there and types a short code. For machines without a browser,
/// and over SSH.
///
/// Address and code are shown on stderr, or wherever [`shown_by`](Self::shown_by) says.
pub struct Device {
    shown: Option<Shown>,
}

impl Device {
    /// Shows address and code on stderr.
    pub fn new() -> Self {
        Self { shown: None }
    }

    /// Shows them as you like. The server's words in it are checked to be fit for a terminal.
    pub fn shown_by(self, show: impl Fn(&Prompt<'_>) + Send + Sync + 'static) -> Self {
        Self { shown: Some(Box::new(show)) }
    }

    pub(crate) async fn run(self, service: &Service, request: Request, io: &Io) -> Result<Granted, Error> {
        if let Some(obtained) = service.client.registered() {
            obtained.check_login(DEVICE_CODE, None, io).await?;
        }
        let metadata = service.metadata(io).await?;
        let key = service.binding.begin(&metadata)?;
        let scope = service.scope_with(&request);
        let (begun, told) = begin(service, &metadata, &request, &scope, io).await?;
        let (shown, origin) = (self.shown, service.origin());
        io.block(move || told.show(&origin, shown.as_deref())).await??;
        let parameters = [("grant_type", DEVICE_CODE), ("device_code", begun.code.expose_secret())];
        let secrets = [begun.code.expose_secret()];
        let mut interval = begun.interval;
        loop {
            // At least so long, and also before the first (RFC 8628 section 3.5).
            io.sleep(interval).await;
            if io.now() >= begun.ends {
                return Err(over(service));
            }
            let grant = Grant {
                parameters: &parameters,
                name: "the device code",
                remedy: "sign in again",
                secrets: &secrets,
            };
            let refused = match service.token(grant, key.as_deref(), io).await {
                Ok(granted) => {
                    let granted = granted.with_requested_scope(&scope);
                    #[cfg(feature = "openid")]
                    let granted = service.identified(granted, &crate::openid::Wanted::default(), io).await?;
                    return Ok(granted);
                }
                Err(refused) => refused,
            };
            match refused.code.as_deref() {
                Some("authorization_pending") => {}
                Some("slow_down") => interval = (interval + SLOWER).min(LONGEST),
                Some("access_denied") => return Err(denied(service)),
                Some("expired_token") => return Err(over(service)),
                // A server that cannot be reached is asked again, ever more rarely; one that fails, as it asks.
                None if refused.error.is_transient() => {
                    let asked = refused.error.retry_after().unwrap_or_default();
                    interval = (interval * 2).max(asked).min(LONGEST);
                }
                _ => return Err(refused.error),
            }
        }
    }
}

/// What a server has begun.
struct Begun {
    code: SecretString,
    interval: Duration,
    ends: std::time::SystemTime,
}

/// What the person is told.
struct Told {
    user_code: String,
    address: String,
    complete: Option<String>,
    lifetime: Duration,
}

impl Told {
    fn show(&self, origin: &str, shown: Option<&(dyn Fn(&Prompt<'_>) + Send + Sync)>) -> Result<(), Error> {
        let complete = self.complete.as_deref();
        let prompt = Prompt::enter(origin, &self.user_code, &self.address, complete, self.lifetime)?;
        match shown {
            Some(shown) => shown(&prompt),
            None => prompt.print(),
        }
        Ok(())
    }
}

async fn begin(
    service: &Service,
    metadata: &Metadata,
    request: &Request,
    scope: &str,
    io: &Io,
) -> Result<(Begun, Told), Error> {
    let (acr_values, max_age) = (request.acr_values(), request.max_age());
    let ours = [("scope", scope), ("acr_values", acr_values), ("max_age", &*max_age)];
    let more = service.more(request);
    let answer = service.call(metadata, Which::Device, &ours, &more, None, io).await?;
    let endpoint = metadata.endpoint(Which::Device, service.client.has_certificate())?;
    let what = Which::Device.name();
    let asked = Asked {
        what,
        origin: &endpoint.origin,
        client: &service.client,
        grant: "",
        remedy: "",
        secrets: &[],
        now: io.now(),
    };
    let json = granted(&answer, &asked)?;
    let text = |pointer| json.text(pointer).filter(|text| !text.is_empty());
    // Some servers still say `verification_url`, from before the RFC.
    let address = text("verification_uri").or_else(|| text("verification_url"));
    let (Some(code), Some(user_code), Some(address), Some(lifetime)) =
        (text("device_code"), text("user_code"), address, json.lifetime("expires_in"))
    else {
        let mut secrets = asked.secrets();
        secrets.extend(text("/device_code").map(ToOwned::to_owned));
        let names = names(&answer, &secrets);
        let message = format!(
            "{what} at {} answered 200, but not with device_code, user_code, verification_uri and expires_in (members: \
             {names})",
            endpoint.origin
        );
        return Err(Error::new(Fault::Server, message));
    };
    let told = Told {
        user_code: user_code.to_owned(),
        address: address.to_owned(),
        complete: text("verification_uri_complete").map(Into::into),
        lifetime,
    };
    let interval = json.lifetime("interval").unwrap_or(Duration::from_secs(INTERVAL));
    let begun = Begun {
        code: code.into(),
        // None at all would be a flood.
        interval: interval.clamp(Duration::from_secs(1), LONGEST),
        ends: answer.asked_at().checked_add(lifetime).unwrap_or_else(|| answer.asked_at() + LONGEST),
    };
    Ok((begun, told))
}

fn over(service: &Service) -> Error {
    let message = format!("nobody signed in at {} while the code was good: sign in again", service.origin());
    Error::new(Fault::Credential, message)
}

fn denied(service: &Service) -> Error {
    Error::new(Fault::Credential, format!("the person at {} said no", service.origin()))
}

impl Default for Device {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Device")
    }
}
