//! Where Redis is and how to sign in there, from a URL; and which URLs are refused.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use authwright_core::{Error, Fault};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, parse_redis_url};
use secrecy::SecretString;

/// One server, and who we are to it. Shows the host and the port, or the path of the socket.
pub(crate) struct Address {
    pub(crate) server: ConnectionAddr,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) database: i64,
}

/// What to do with `redis://` to another machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    Refused,
    Allowed,
}

impl Address {
    /// The messages quote nothing of a URL before it is known which part of it is the password.
    pub(crate) fn parse(url: &str, plain: Plain) -> Result<Self, Error> {
        let Some(parsed) = parse_redis_url(url) else {
            return Err(refused(
                "this is not the URL of a Redis server; write rediss://host:port, or unix:/path",
            ));
        };
        if parsed.has_host() {
            // A password with one of these ends the host early, and the host is then a piece of the password.
            let rest =
                [parsed.path(), parsed.query().unwrap_or_default(), parsed.fragment().unwrap_or_default()];
            if rest.iter().any(|part| part.contains('@')) {
                return Err(refused(
                    "the URL of the Redis server has an `@` after its host; in a password, write %2F for `/`, %3F for \
                     `?` and %23 for `#`",
                ));
            }
        }
        if parsed.fragment().is_some() {
            // `#insecure` switches the check of certificates off, in programs where anybody has enabled that in redis.
            return Err(refused(
                "the URL of the Redis server has a part after `#`, such as `#insecure`, which is not supported; leave \
                 it out",
            ));
        }
        if matches!(parsed.scheme(), "rediss" | "valkeys") && !cfg!(feature = "tls") {
            return Err(refused(format!(
                "{}:// needs the feature `tls` of authwright-redis; enable it in Cargo.toml",
                parsed.scheme()
            )));
        }
        let info = parsed.into_connection_info().map_err(|_| {
            refused(
                "the URL of the Redis server has a host, a database number or another part that cannot be right; write \
                 rediss://user:password@host:port/database",
            )
        })?;
        let address = Self::from_info(&info);
        address.check_wire(plain)?;
        Ok(address)
    }

    fn from_info(info: &ConnectionInfo) -> Self {
        let settings = info.redis_settings();
        Self {
            server: info.addr().clone(),
            user: settings.username().map(str::to_owned),
            password: settings.password().map(SecretString::from),
            database: settings.db(),
        }
    }

    /// Tokens do not leave the machine in the clear unless the program says so.
    fn check_wire(&self, plain: Plain) -> Result<(), Error> {
        match &self.server {
            ConnectionAddr::Tcp(host, _) if plain == Plain::Refused && !is_loopback(host) => {
                Err(refused(format!(
                    "tokens would travel in the clear to {self}; use rediss://, or RedisStore::danger_plain on a network \
                     that nobody else can listen to"
                )))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "redis at {}", self.server.to_string().escape_debug())
    }
}

/// The rule of [`Origin`](authwright_core::Origin).
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(Fault::Caller, message)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn parse(url: &str) -> Result<Address, Error> {
        Address::parse(url, Plain::Refused)
    }

    fn refusal(url: &str) -> String {
        let error = parse(url).err().unwrap_or_else(|| panic!("{url} was accepted"));
        assert_eq!(error.fault(), Fault::Caller);
        assert!(!error.is_transient());
        format!("{error} {error:?}")
    }

    #[test]
    fn plain_stays_on_this_machine() {
        for url in
            ["redis://localhost", "redis://LOCALHOST:7000/2", "redis://127.0.0.1", "redis://127.3.2.1:1"]
        {
            assert!(parse(url).is_ok(), "{url}");
        }
        for url in ["redis://[::1]:6379", "unix:/run/redis.sock", "unix:///run/redis.sock?db=3"] {
            assert!(parse(url).is_ok(), "{url}");
        }
        for host in
            ["cache.example.com", "10.0.0.7", "[2001:db8::1]", "localhost.example.com", "127.0.0.1.nip.io"]
        {
            let message = refusal(&format!("redis://user:hunter2@{host}"));
            assert!(message.contains("in the clear") && message.contains("danger_plain"), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
            let url = format!("valkey://user:hunter2@{host}");
            assert!(parse(&url).is_err());
            assert!(Address::parse(&url, Plain::Allowed).is_ok(), "{host}");
        }
        // Spellings that the resolver would take for loopback are refused all the same.
        for host in ["127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "%6cocalhost"] {
            assert!(parse(&format!("redis://{host}")).is_err(), "{host}");
        }
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn without_tls_the_feature_is_named() {
        for url in ["rediss://u:hunter2@cache.example.com", "valkeys://127.0.0.1"] {
            let message = refusal(url);
            assert!(message.contains("feature `tls` of authwright-redis"), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn with_tls_any_host_will_do() {
        let address = parse("rediss://u:hunter2@cache.example.com/4").unwrap();
        assert!(matches!(address.server, ConnectionAddr::TcpTls { insecure: false, .. }));
        assert_eq!(address.to_string(), "redis at cache.example.com:6379");
        assert_eq!(address.database, 4);
    }

    #[test]
    fn certificates_are_always_checked() {
        for url in ["rediss://127.0.0.1/#insecure", "rediss://127.0.0.1#insecure", "rediss://127.0.0.1/#"] {
            assert!(refusal(url).contains("`#insecure`"), "{url}");
        }
    }

    #[test]
    fn the_parts_are_read() {
        let address = parse("redis://sam:p%40ss%2Fword@localhost:7001/3").unwrap();
        assert_eq!(address.user.as_deref(), Some("sam"));
        assert_eq!(address.password.as_ref().unwrap().expose_secret(), "p@ss/word");
        assert_eq!((address.to_string().as_str(), address.database), ("redis at localhost:7001", 3));

        let address = parse("unix:/run/redis.sock?db=5&user=sam&pass=hunter2").unwrap();
        assert_eq!((address.to_string().as_str(), address.database), ("redis at /run/redis.sock", 5));
        assert_eq!(address.password.as_ref().unwrap().expose_secret(), "hunter2");
    }

    /// A password that is not escaped moves the borders of a URL: what looks like a host may be a piece of it.
    #[test]
    fn no_message_has_a_piece_of_the_password() {
        for url in [
            "redis://:hunter2/x@cache.example.com",
            "redis://hunter2/x@cache.example.com",
            "redis://hunter2?x@cache.example.com",
            "redis://hunter2#x@cache.example.com",
            "redis://sam:hunter2#x@cache.example.com",
            "redis://sam:hunter2@cache.example.com/hunter2",
            "redis://sam:hunter2@cache.example.com/?protocol=hunter2",
            "redis://sam:hunter2@0.0.0.0",
            "redis://sam:hunter2@",
            "redis://sam:hunter2%ff@localhost",
            "http://sam:hunter2@cache.example.com",
            "hunter2",
            "",
            "redis:",
            "redis://",
            "unix:",
            "unix:?pass=hunter2",
        ] {
            let message = refusal(url);
            assert!(!message.contains("hunter2"), "{url}: {message}");
        }
    }
}
