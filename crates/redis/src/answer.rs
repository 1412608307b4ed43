//! What Redis' refusals mean to the program. Says nothing that a server sent but the code of an error.

use authwright_core::{Error, Fault};
use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::address::Address;

/// A command was not answered, or with an error.
pub(crate) fn failed(address: &Address, error: &RedisError) -> Error {
    match error.kind() {
        ErrorKind::Io => unreachable(address, error),
        ErrorKind::Server(kind) => refused(address, kind, error.detail().unwrap_or_default()),
        ErrorKind::Extension => refused_otherwise(address, error.code().unwrap_or_default()),
        _ => Error::new(
            Fault::Server,
            format!(
                "{address} answered with something that Redis does not say; is it another kind of server?"
            ),
        ),
    }
}

/// `AUTH` was not answered, or with an error.
pub(crate) fn not_let_in(address: &Address, error: &RedisError) -> Error {
    match (error.kind(), error.detail()) {
        (ErrorKind::Server(ServerErrorKind::ResponseError), detail)
            if !is_full(detail.unwrap_or_default()) =>
        {
            wrong_password(address)
        }
        _ => failed(address, error),
    }
}

/// The network failed. What it says is the system's text, or that of rustls about a certificate.
pub(crate) fn unreachable(address: &Address, error: &RedisError) -> Error {
    if error.is_timeout() {
        return Error::timed_out(format!("{address} did not answer in time"));
    }
    Error::new(Fault::Network, format!("{address} cannot be reached: {}", error.to_string().escape_debug()))
}

/// Without a provider the client would panic.
#[cfg(feature = "tls")]
pub(crate) fn check_provider(address: &Address) -> Result<(), Error> {
    let is_tls = matches!(address.server, redis::ConnectionAddr::TcpTls { .. });
    if is_tls && rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(Error::new(
            Fault::Caller,
            format!(
                "there is no crypto provider for TLS to {address}; call \
                 `rustls::crypto::ring::default_provider().install_default()`, or that of another provider, at the start \
                 of the program"
            ),
        ));
    }
    Ok(())
}

fn refused(address: &Address, kind: ServerErrorKind, detail: &str) -> Error {
    let store = |what: &str| Error::new(Fault::Store, format!("{address} {what}"));
    match kind {
        ServerErrorKind::ResponseError if is_full(detail) => {
            store("has as many clients as it accepts; try again later").transient()
        }
        ServerErrorKind::BusyLoading => store("is still loading its data; try again later").transient(),
        ServerErrorKind::ReadOnly => store(
            "is a replica, which cannot be written to; name the primary, or try again when the failover is over",
        )
        .transient(),
        ServerErrorKind::TryAgain | ServerErrorKind::ClusterDown | ServerErrorKind::MasterDown => {
            store("is not ready; try again later").transient()
        }
        ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot => {
            store("is a node of a Redis Cluster, where this store cannot find its way; name a proxy that routes")
        }
        ServerErrorKind::NoPerm => {
            store("does not let its user do this; the documentation of authwright-redis has the ACL it needs")
        }
        _ => store("refused a command; is it older than Redis 5?"),
    }
}

/// Codes that the client does not know. A code is shown where it is nothing but a code.
fn refused_otherwise(address: &Address, code: &str) -> Error {
    let store = |what: &str| Error::new(Fault::Store, format!("{address} {what}"));
    match code {
        "NOAUTH" | "WRONGPASS" => wrong_password(address),
        "BUSY" => store("is busy with a script; try again later").transient(),
        "DENIED" => store("is in protected mode: it wants a password before it lets other machines in"),
        "WRONGTYPE" => store("keeps something else under the name of this record; choose another prefix"),
        "OOM" => store("has no memory left for a record; raise its `maxmemory`"),
        code if code.len() <= 20 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            store(&format!("refused a command ({code})"))
        }
        _ => store("refused a command"),
    }
}

fn wrong_password(address: &Address) -> Error {
    let message = format!("{address} refused the user or the password of its URL, or wants one and got none");
    Error::new(Fault::Credential, message)
}

/// Said in answer to the first command, whatever it is.
fn is_full(detail: &str) -> bool {
    detail.starts_with("max number of clients")
}
