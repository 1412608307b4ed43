//! The origins a server offers.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

/// A name or address of the loopback interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// `127.0.0.1`
    V4,
    /// `127.0.0.2`, for a test that needs another host and not just another port. Not every system has it without configuration.
    V4Second,
    /// `localhost`, listening on `127.0.0.1` and, where there is IPv6, on `::1` at the same port.
    Localhost,
    /// `::1`; a system without IPv6 cannot start it.
    V6,
}

/// One origin that a [`Net`](crate::Net) serves, on a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host in its URL.
    pub host: Host,
    /// Whether it speaks TLS.
    pub tls: bool,
    pub(crate) certificate: Certificate,
}

/// Which certificate a place shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificate {
    Good,
    Expired,
    WrongName,
}

impl Place {
    /// An origin without TLS.
    pub const fn http(host: Host) -> Self {
        Self { host, tls: false, certificate: Certificate::Good }
    }

    /// An origin with TLS, whose certificate is good for every [`Host`] and signed by the [`Net`](crate::Net)'s own authority.
    pub const fn https(host: Host) -> Self {
        Self { host, tls: true, certificate: Certificate::Good }
    }

    /// Shows a certificate that has expired.
    pub const fn expired(mut self) -> Self {
        self.certificate = Certificate::Expired;
        self
    }

    /// Shows a certificate for `wrong.invalid`.
    pub const fn wrong_name(mut self) -> Self {
        self.certificate = Certificate::WrongName;
        self
    }

    /// The origin of this place at a port.
    pub(crate) fn origin(self, port: u16) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let host = match self.host {
            Host::V4 => "127.0.0.1",
            Host::V4Second => "127.0.0.2",
            Host::Localhost => "localhost",
            Host::V6 => "[::1]",
        };
        format!("{scheme}://{host}:{port}")
    }

    /// Binds a free port on every address of the host.
    pub(crate) fn bind(self) -> io::Result<Vec<TcpListener>> {
        let free = |address: IpAddr| TcpListener::bind((address, 0)).map(|listener| vec![listener]);
        match self.host {
            Host::V4 => free(Ipv4Addr::LOCALHOST.into()),
            Host::V4Second => free(Ipv4Addr::new(127, 0, 0, 2).into()),
            Host::V6 => free(Ipv6Addr::LOCALHOST.into()),
            Host::Localhost => bind_both(),
        }
    }
}

/// Binds one port on both loopback addresses.
fn bind_both() -> io::Result<Vec<TcpListener>> {
    const ATTEMPTS: usize = 16;
    for _ in 0..ATTEMPTS {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        match TcpListener::bind((Ipv6Addr::LOCALHOST, v4.local_addr()?.port())) {
            Ok(v6) => return Ok(vec![v4, v6]),
            // Somebody else has the port on ::1, and a client that tries IPv6 first would talk to them.
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(_) => return Ok(vec![v4]),
        }
    }
    Err(io::Error::new(ErrorKind::AddrInUse, "no port is free on both loopback addresses"))
}
