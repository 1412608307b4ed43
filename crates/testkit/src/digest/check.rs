//! The rules of RFC 7616 section 3.4 that need the challenge: what was offered, which nonces are out, who may come in.

use super::{
    Accepted, DigestRealm, Rejected,
    algorithm::Algorithm,
    credentials::{Credentials, unescaped},
    realm::State,
    username::{self, Form},
};
use crate::Received;

/// An accepted answer, with what a proof is made of.
pub(super) struct Checked {
    pub(super) accepted: Accepted,
    pub(super) algorithm: Algorithm,
    pub(super) ha1: String,
    pub(super) uri: Vec<u8>,
}

impl DigestRealm {
    pub(super) fn checked(&self, request: &Received) -> Result<Checked, Rejected> {
        let mut state = self.state();
        let checked = self.check(&mut state, request);
        match &checked {
            Ok(checked) => state.accepted.push(checked.accepted.clone()),
            Err(Rejected::Broken(rule)) => {
                state.violations.push(format!("{} {}: {rule}", request.method, request.target));
            }
            Err(_) => {}
        }
        checked
    }

    fn check(&self, state: &mut State, request: &Received) -> Result<Checked, Rejected> {
        let setting = &*self.setting;
        let broken = |rule: &str| Err(Rejected::Broken(rule.to_owned()));
        let field = if setting.proxy { "proxy-authorization" } else { "authorization" };
        let list = parameters_of(request, field)?;
        let sent = Credentials::parse(list).map_err(Rejected::Broken)?;

        let is_ours = |state: &mut State| {
            sent.realm == setting.realm.as_bytes() && state.nonces.get(&sent.nonce.raw).is_some()
        };
        if setting.among_others && !is_ours(state) {
            return Err(Rejected::Wrong("the answer is for another realm or nonce".to_owned()));
        }
        if sent.realm != setting.realm.as_bytes() {
            return broken("`realm` is not this one");
        }
        if sent.uri != request.target.as_bytes() {
            return broken("`uri` is not the request target");
        }
        let Some(offer) = setting.offers.iter().position(|offer| *offer == sent.algorithm) else {
            return broken("`algorithm` is not one that was offered, as it was spelled");
        };
        let Some(algorithm) = Algorithm::named(sent.algorithm.as_deref()) else {
            return broken("`algorithm` is one that nobody knows");
        };
        if sent.response.len() != algorithm.hash(&[""]).len() {
            return broken("`response` has not the length of this algorithm's hash");
        }
        if algorithm.session && sent.cnonce.is_none() {
            return broken("the form for sessions needs a `cnonce`, and so a `qop`");
        }
        let offered =
            |qop: &str| setting.qop.iter().flat_map(|list| list.split(',')).any(|word| word.trim() == qop);
        match &sent.qop {
            Some(qop) if !offered(qop) => return broken("`qop` is not one that was offered"),
            Some(qop) if !["auth", "auth-int"].contains(&&**qop) => {
                return broken("`qop` is one that nobody knows");
            }
            None if setting.qop.is_some() => return broken("`qop` was offered and is missing"),
            _ => {}
        }
        match (&setting.opaque, &sent.opaque) {
            (None, Some(_)) => return broken("`opaque` was not offered"),
            (Some(_), None) => return broken("`opaque` was offered and is missing"),
            (Some(ours), Some(theirs)) if ours.as_bytes() != theirs.raw => {
                return broken("`opaque` came back changed");
            }
            _ => {}
        }
        let root = self.count(state, &sent, offer)?;
        let users = &setting.users;
        let user = username::identify(users, &sent, setting.userhash, algorithm, &setting.realm)
            .map_err(|rule| Rejected::Broken(rule.to_owned()))?;
        let Some((user, form)) = user else {
            return Err(Rejected::Wrong("nobody has this name".to_owned()));
        };

        let mut ha1 = algorithm.hash(&[&user.name, &setting.realm, &user.password]);
        if algorithm.session
            && let Some(cnonce) = &sent.cnonce
        {
            let first = state.nonces.first_cnonce(&root, &user.name, cnonce);
            ha1 = algorithm.hash(&[ha1.as_bytes(), &unescaped(&root), &first]);
        }
        let expected = proof(algorithm, &ha1, &sent, request.method.as_bytes(), &request.body);
        if sent.response != expected || setting.refuse_all {
            return Err(Rejected::Wrong(
                "`response` is not the hash of what was sent and the password".to_owned(),
            ));
        }
        let Some(nonce) = state.nonces.get(&sent.nonce.raw) else { return broken("`nonce` is none of ours") };
        if setting.always_stale || nonce.retired || setting.nonce_uses.is_some_and(|most| nonce.uses >= most)
        {
            return Err(Rejected::Stale);
        }
        nonce.uses += 1;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let accepted = Accepted {
            user: user.name.clone(),
            algorithm: sent.algorithm.clone().unwrap_or_else(|| "MD5".to_owned()),
            qop: sent.qop.clone(),
            nonce: text(&sent.nonce.raw),
            nc: sent.nc.as_deref().and_then(|nc| u32::from_str_radix(nc, 16).ok()),
            cnonce: sent.cnonce.as_deref().map(text),
            userhash: form == Form::Hashed,
            extended: form == Form::Extended,
        };
        Ok(Checked { accepted, algorithm, ha1, uri: sent.uri })
    }

    /// Whether the nonce is ours and its count new; gives the nonce the session began with.
    fn count(&self, state: &mut State, sent: &Credentials, offer: usize) -> Result<Vec<u8>, Rejected> {
        let broken = |rule: String| Err(Rejected::Broken(rule));
        let Some(nonce) = state.nonces.get(&sent.nonce.raw) else {
            return broken("`nonce` is none of ours".to_owned());
        };
        if nonce.offer.is_some_and(|given| given != offer) {
            return broken("`nonce` was given with another challenge".to_owned());
        }
        if let Some(nc) = sent.nc.as_deref().and_then(|nc| u32::from_str_radix(nc, 16).ok()) {
            if nonce.counts.contains(&nc) {
                return broken(format!("`nc` {nc} was used with this nonce before"));
            }
            let last = nonce.counts.last().copied().unwrap_or(0);
            nonce.counts.push(nc);
            if self.setting.in_order && nc != last + 1 {
                return broken(format!("`nc` is {nc} after {last}"));
            }
        }
        Ok(nonce.root.clone())
    }
}

/// Behind the scheme of the one field there is.
fn parameters_of<'a>(request: &'a Received, field: &str) -> Result<&'a [u8], Rejected> {
    let mut lines =
        request.headers.iter().filter(|(name, _)| name == field).map(|(_, value)| value.as_slice());
    let line = lines.next().ok_or(Rejected::Missing)?;
    if lines.next().is_some() {
        return Err(Rejected::Broken(format!("there are two `{field}` fields")));
    }
    match line.split_at_checked(7) {
        Some((b"Digest ", list)) => Ok(list),
        Some((scheme, _)) if scheme.eq_ignore_ascii_case(b"Digest ") => {
            Err(Rejected::Broken("the scheme is not written `Digest`".to_owned()))
        }
        _ => Err(Rejected::Wrong("the scheme is not Digest".to_owned())),
    }
}

/// The value of `response` that the password leads to (RFC 7616 sections 3.4.1 to 3.4.3).
fn proof(algorithm: Algorithm, ha1: &str, sent: &Credentials, method: &[u8], body: &[u8]) -> String {
    let nonce = sent.nonce.value();
    let Some((qop, (nc, cnonce))) = sent.qop.as_ref().zip(sent.nc.as_ref().zip(sent.cnonce.as_ref())) else {
        let ha2 = algorithm.hash(&[method, &sent.uri]);
        return algorithm.hash(&[ha1.as_bytes(), &nonce, ha2.as_bytes()]);
    };
    let ha2 = match &**qop {
        "auth-int" => algorithm.hash(&[method, &sent.uri, algorithm.hash(&[body]).as_bytes()]),
        _ => algorithm.hash(&[method, &sent.uri]),
    };
    algorithm.hash(&[ha1.as_bytes(), &nonce, nc.as_bytes(), cnonce, qop.as_bytes(), ha2.as_bytes()])
}
