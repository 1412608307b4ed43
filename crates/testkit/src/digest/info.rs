//! What an accepted request is told: `Authentication-Info` (RFC 7616 section 3.5).

use super::{Accepted, DigestRealm, Proof, check::Checked, credentials::unescaped};
use crate::Reply;

impl DigestRealm {
    /// The reply with the field, where there is something to say in it.
    pub(super) fn with_info(&self, ok: Reply, checked: &Checked) -> Reply {
        let setting = &self.setting;
        let mut info = Vec::new();
        if let (Some(qop), Some(cnonce), Some(nc)) =
            (&checked.accepted.qop, &checked.accepted.cnonce, checked.accepted.nc)
            && setting.proof != Proof::Silent
        {
            if setting.proof != Proof::Unsigned {
                info.push(format!("rspauth=\"{}\"", self.rspauth(ok.body_bytes(), checked, qop, cnonce, nc)));
            }
            info.push(format!("qop={qop}, cnonce=\"{}\", nc={nc:08x}", escaped(cnonce)));
        }
        info.extend(self.next_nonce(&checked.accepted).map(|nonce| format!("nextnonce=\"{nonce}\"")));
        if info.is_empty() {
            return ok;
        }
        ok.header(
            if setting.proxy { "proxy-authentication-info" } else { "authentication-info" },
            info.join(", "),
        )
    }

    /// As a response of the client's, but over no method, and for `auth-int` over the body that is sent back.
    fn rspauth(&self, body: &[u8], checked: &Checked, qop: &str, cnonce: &str, nc: u32) -> String {
        let Checked { accepted, algorithm, ha1, uri } = checked;
        let mut a2: Vec<Vec<u8>> = vec![Vec::new(), uri.clone()];
        if qop == "auth-int" {
            a2.push(algorithm.hash(&[body]).into_bytes());
        }
        let ha1 = if self.setting.proof == Proof::Forged {
            algorithm.hash(&["somebody else"])
        } else {
            ha1.clone()
        };
        let nonce = unescaped(accepted.nonce.as_bytes());
        let nc = format!("{nc:08x}");
        let ha2 = algorithm.hash(&a2);
        algorithm.hash(&[
            ha1.as_bytes(),
            &nonce,
            nc.as_bytes(),
            cnonce.as_bytes(),
            qop.as_bytes(),
            ha2.as_bytes(),
        ])
    }

    /// The nonce that takes the place of the one that was answered, where one is due.
    fn next_nonce(&self, accepted: &Accepted) -> Option<String> {
        let every = self.setting.next_nonce_every?;
        let mut state = self.state();
        if !u32::try_from(state.accepted.len()).ok()?.is_multiple_of(every) {
            return None;
        }
        let old = state.nonces.get(accepted.nonce.as_bytes())?;
        old.retired = true;
        let (offer, root) = (old.offer.unwrap_or(0), old.root.clone());
        Some(state.nonces.give(None, offer, Some(&root)))
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
