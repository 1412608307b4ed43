//! Secrets that are replaced while the program runs: what goes on a hop is made and checked when they change, and each hop
//! takes it with one atomic load.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use arc_swap::ArcSwap;

use super::placed::{Form, Label, Mould};
use crate::{Error, Hop, Resend, ResponseView, Scheme, Secret, Slot, Stamp, Step, Verdict, secret::Resolved};

/// A secret that can be replaced while the program runs. Clones share it.
///
/// An [`ApiKey`](crate::ApiKey), a [`Bearer`](crate::Bearer) or a [`Basic`](crate::Basic) that is given it sends whatever its value is
/// when a request begins. Requests under way keep the old value; where the server refuses that (401) and it has been
/// replaced since, the request is sent once more with the new one.
///
/// ```
/// use authwright_core::{ApiKey, Auth, RotatingSecret, Secret};
///
/// let key = RotatingSecret::new(Secret::new("k3y-1"))?;
/// let auth = Auth::new("https://search.example.com", ApiKey::header("X-API-Key", &key))?;
///
/// key.set("k3y-2")?; // or `key.reload()?`, where it is a file or an environment variable
/// assert_eq!(
///     key.set("k3y-3\n").unwrap_err().to_string(),
///     "the new value has a line break at byte 5, which a header key cannot have; the old one stays in use"
/// );
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct RotatingSecret(Arc<Shared>);

struct Shared {
    /// Where it is from, and is read again.
    source: Secret,
    state: Mutex<State>,
}

struct State {
    value: Resolved,
    generation: u64,
    /// Every scheme that places it.
    users: Vec<Weak<Rotating>>,
}

impl RotatingSecret {
    /// A secret that is read now, and again with each [`reload`](Self::reload).
    ///
    /// # Errors
    /// It is missing, or empty; the error names it.
    pub fn new(source: impl Into<Secret>) -> Result<Self, Error> {
        let source = source.into();
        let value = Resolved::from(&source)?;
        check_not_empty(&value)?;
        let state = State { value, generation: 1, users: Vec::new() };
        Ok(Self(Arc::new(Shared { source, state: Mutex::new(state) })))
    }

    /// Reads it again where it is from: an environment variable or a file. Whether it has changed.
    ///
    /// A file is best replaced whole, by a rename: one that is written in place may be read half.
    ///
    /// # Errors
    /// It is missing or empty, or has characters that a place where it is used cannot have. The old value stays in use.
    pub fn reload(&self) -> Result<bool, Error> {
        self.replace(Resolved::from(&self.0.source).map_err(Error::and_the_old_one_stays)?)
    }

    /// Replaces it by another value, or by another reference. Whether it has changed.
    ///
    /// # Errors
    /// As for [`reload`](Self::reload).
    pub fn set(&self, new: impl Into<Secret>) -> Result<bool, Error> {
        self.replace(Resolved::from(&new.into()).map_err(Error::and_the_old_one_stays)?.said_to_be_new())
    }

    /// Every place is asked before any is changed.
    fn replace(&self, new: Resolved) -> Result<bool, Error> {
        check_not_empty(&new).map_err(Error::and_the_old_one_stays)?;
        let mut state = self.state();
        if state.value.expose() == new.expose() {
            return Ok(false);
        }
        let users: Vec<_> = state.users.iter().filter_map(Weak::upgrade).collect();
        let stamp = Stamp(state.generation + 1);
        let ready: Vec<_> = users
            .iter()
            .map(|user| user.mould.ready(&new, stamp).map_err(Error::and_the_old_one_stays))
            .collect::<Result<_, _>>()?;
        for (user, ready) in users.iter().zip(ready) {
            user.ready.store(Arc::new(ready));
        }
        state.users = users.iter().map(Arc::downgrade).collect();
        (state.value, state.generation) = (new, stamp.0);
        Ok(true)
    }

    /// A scheme that places it, as it is now and as it will be.
    pub(super) fn placed(&self, mould: Mould) -> Result<Arc<dyn Scheme>, Error> {
        let mut state = self.state();
        let ready = mould.ready(&state.value, Stamp(state.generation))?;
        let slots = [ready.form.slot()];
        let scheme = Arc::new(Rotating { ready: ArcSwap::from_pointee(ready), mould, slots });
        state.users.retain(|user| user.strong_count() > 0);
        state.users.push(Arc::downgrade(&scheme));
        Ok(scheme)
    }

    /// Nothing panics while this is held but what a user's own code does, which is none.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_not_empty(value: &Resolved) -> Result<(), Error> {
    if value.expose().is_empty() {
        return Err(Error::credential(format!("{} is empty", value.subject)));
    }
    Ok(())
}

/// Shows where it is from, and the fingerprint of its value.
impl fmt::Debug for RotatingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(f, "RotatingSecret({}, {})", state.value.reference, state.value.fingerprint())
    }
}

/// Places what is newest.
struct Rotating {
    ready: ArcSwap<Ready>,
    mould: Mould,
    slots: [Slot; 1],
}

/// A value as it goes on a hop, and the how many-th it is.
pub(super) struct Ready {
    pub(super) stamp: Stamp,
    pub(super) form: Form,
    pub(super) label: Label,
}

impl Scheme for Rotating {
    #[inline]
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let ready = self.ready.load();
        ready.form.put_on(hop)?;
        hop.stamp(ready.stamp);
        Ok(Step::Send)
    }

    /// Only a value that has been replaced since leaves something new to say.
    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        if response.status != http::StatusCode::UNAUTHORIZED {
            return Ok(Verdict::Deliver);
        }
        let stamp = self.ready.load().stamp;
        Ok(if stamp > sent { Verdict::Resend { because: Resend::Renewed, stamp } } else { Verdict::Deliver })
    }

    fn may_resend(&self) -> bool {
        true
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.ready.load().label, f)
    }
}

impl fmt::Debug for Rotating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::{ApiKey, Auth, Basic, Bearer, IntoScheme};

    fn sent(scheme: &dyn Scheme, name: &str) -> (Option<String>, Stamp) {
        let mut hop = Hop::test("GET", "https://api.example.com/");
        scheme.authorize(&mut hop).unwrap();
        (hop.attached(name).map(str::to_owned), hop.stamped())
    }

    fn refused(scheme: &dyn Scheme, status: StatusCode, stamp: Stamp) -> Verdict {
        scheme.observed(&ResponseView::new(status, &HeaderMap::new()), stamp).unwrap()
    }

    #[test]
    fn every_place_of_it_changes_at_once() {
        let key = RotatingSecret::new("one").unwrap();
        let schemes = [
            (ApiKey::header("x-key", &key).into_scheme().unwrap(), "x-key", ["one", "two"]),
            (
                ApiKey::header("x-key", &key).prefix("Key").into_scheme().unwrap(),
                "x-key",
                ["Key one", "Key two"],
            ),
            (ApiKey::cookie("sid", &key).into_scheme().unwrap(), "cookie", ["sid=one", "sid=two"]),
            (Bearer::new(&key).into_scheme().unwrap(), "authorization", ["Bearer one", "Bearer two"]),
            (
                ("sam", &key).into_scheme().unwrap(),
                "authorization",
                ["Basic c2FtOm9uZQ==", "Basic c2FtOnR3bw=="],
            ),
            (
                Basic::new(&key, "").into_scheme().unwrap(),
                "authorization",
                ["Basic b25lOg==", "Basic dHdvOg=="],
            ),
        ];
        let query = ApiKey::query("key", &key).into_scheme().unwrap();
        let line = || {
            let mut hop = Hop::test("GET", "https://api.example.com/a");
            query.authorize(&mut hop).unwrap();
            hop.into_line()
        };
        assert_eq!(line(), "/a?key=one");
        for (scheme, name, [before, _]) in &schemes {
            assert_eq!(sent(&**scheme, name), (Some((*before).to_owned()), Stamp(1)));
        }
        assert!(key.set("two").unwrap());
        assert!(!key.set("two").unwrap(), "nothing has changed");
        assert_eq!(line(), "/a?key=two");
        for (scheme, name, [_, after]) in &schemes {
            assert_eq!(sent(&**scheme, name), (Some((*after).to_owned()), Stamp(2)));
        }
        let late = ApiKey::header("x-key", key).into_scheme().unwrap();
        assert_eq!(sent(&*late, "x-key"), (Some("two".to_owned()), Stamp(2)));
    }

    #[test]
    fn what_one_place_cannot_have_changes_none() {
        let key = RotatingSecret::new("one").unwrap();
        let cookie = ApiKey::cookie("sid", &key).into_scheme().unwrap();
        let bearer = Bearer::new(&key).into_scheme().unwrap();
        for (new, says) in [
            (
                "a,b",
                "the new value has a character at byte 1, which a cookie cannot have; the old one stays in use",
            ),
            (
                "a!b",
                "the new value has a character at byte 1, which a bearer token cannot have; the old one stays in use",
            ),
            (
                "a\nb",
                "the new value has a line break at byte 1, which a cookie cannot have; the old one stays in use",
            ),
            ("", "the new value is empty; the old one stays in use"),
        ] {
            assert_eq!(key.set(new).unwrap_err().to_string(), says);
            assert_eq!(sent(&*cookie, "cookie").0.as_deref(), Some("sid=one"));
            assert_eq!(sent(&*bearer, "authorization").0.as_deref(), Some("Bearer one"));
        }
        drop(bearer);
        assert!(key.set("a!b").unwrap(), "a scheme that is gone has no say");
        assert_eq!(sent(&*cookie, "cookie").0.as_deref(), Some("sid=a!b"));
    }

    #[test]
    fn only_a_value_that_was_replaced_since_is_worth_another_send() {
        let key = RotatingSecret::new("one").unwrap();
        let scheme = Bearer::new(&key).into_scheme().unwrap();
        assert_eq!(refused(&*scheme, StatusCode::UNAUTHORIZED, Stamp(1)), Verdict::Deliver);
        key.set("two").unwrap();
        let again = Verdict::Resend { because: Resend::Renewed, stamp: Stamp(2) };
        assert_eq!(refused(&*scheme, StatusCode::UNAUTHORIZED, Stamp(1)), again);
        assert_eq!(refused(&*scheme, StatusCode::UNAUTHORIZED, Stamp(2)), Verdict::Deliver);
        assert_eq!(refused(&*scheme, StatusCode::FORBIDDEN, Stamp(1)), Verdict::Deliver);
    }

    #[test]
    fn it_is_read_again_where_it_is_from() {
        let file = std::env::temp_dir().join(format!("authwright-rotating-{}", std::process::id()));
        fs::write(&file, "one\n").unwrap();
        let key = RotatingSecret::new(Secret::file(&file)).unwrap();
        let scheme = ApiKey::header("x-key", &key).into_scheme().unwrap();
        assert!(!key.reload().unwrap());
        fs::write(&file, "two\n").unwrap();
        assert!(key.reload().unwrap());
        assert_eq!(sent(&*scheme, "x-key").0.as_deref(), Some("two"));
        for (text, says) in [
            ("", "is empty: an empty secret is never right; set it, or remove it; the old one stays in use"),
            ("a\tb", "has a blank at byte 1, which a header key cannot have; the old one stays in use"),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(key.reload().unwrap_err().to_string(), format!("file {} {says}", file.display()));
        }
        fs::remove_file(&file).unwrap();
        let error = key.reload().unwrap_err().to_string();
        assert_eq!(error, format!("file {} does not exist; the old one stays in use", file.display()));
        assert_eq!(sent(&*scheme, "x-key").0.as_deref(), Some("two"));
        assert_eq!(
            RotatingSecret::new(Secret::file(&file)).unwrap_err().to_string(),
            format!("file {} does not exist", file.display())
        );
    }

    #[test]
    fn nothing_printed_shows_a_value() {
        let key = RotatingSecret::new(Secret::new("s3cret-one")).unwrap();
        let auth = Auth::new("https://api.example.com", ApiKey::header("x-key", &key)).unwrap();
        key.set("s3cret-two").unwrap();
        let printed = format!("{key:?} {auth:?} {:?}", key.set("s3cret\n").unwrap_err());
        assert!(printed.contains("RotatingSecret(value, #") && !printed.contains("s3cret"), "{printed}");
    }

    #[test]
    fn one_of_user_and_password_may_change() {
        let key = RotatingSecret::new("one").unwrap();
        let error = Basic::new(&key, &key).into_scheme().unwrap_err();
        assert_eq!(error.to_string(), "only one of user and password can change while the program runs");
        let error = ("sam:x", &key).into_scheme().unwrap_err().to_string();
        assert!(error.starts_with("the user name for Basic has a colon"), "{error}");
    }

    /// Several may replace it at once: the last stays, in every place.
    #[test]
    fn places_never_differ_for_long() {
        let key = RotatingSecret::new("start").unwrap();
        let schemes = [0, 1].map(|_| ApiKey::header("x-key", &key).into_scheme().unwrap());
        thread::scope(|scope| {
            for writer in 0..4 {
                let key = &key;
                scope.spawn(move || (0..200).for_each(|turn| drop(key.set(format!("k-{writer}-{turn}")))));
            }
        });
        let [one, another] = schemes.map(|scheme| sent(&*scheme, "x-key"));
        assert_eq!(one, another);
        assert_eq!(one.1, Stamp(801));
    }
}
