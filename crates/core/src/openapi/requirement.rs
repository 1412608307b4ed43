//! Which schemes are used: what the document requires, by what there are credentials for (OpenAPI 3.1.1 section 4.8.30).

use std::collections::BTreeSet;

use super::{
    Alternative, Error,
    document::{Document, error},
};
use crate::config::{did_you_mean, quoted};

/// A scheme that is used, with the scopes that are required of it.
#[derive(Debug)]
pub(super) struct Chosen<'a> {
    pub(super) name: &'a str,
    pub(super) scopes: Vec<&'a str>,
}

const OF_THE_DOCUMENT: &str = "security";
const OF_AN_OPERATION: &str = "security of an operation";

/// What is shown of a long list.
const SHOWN: usize = 4;

struct Choice<'a, 'b> {
    given: &'b [&'a str],
    /// Schemes that are the client's certificate: nothing of them goes onto a request.
    certificates: BTreeSet<&'a str>,
    chosen: Vec<Chosen<'a>>,
    /// By scheme.
    scopes: BTreeSet<(&'a str, &'a str)>,
    /// So many of those chosen have all their scopes.
    settled: usize,
}

/// Of each list of alternatives the first for which all is given: the document's own, and those that operations have instead of it.
/// What is given and is in no list is used too: it was named on purpose. Or else these only.
pub(super) fn choose<'a>(
    document: &Document<'a>,
    given: &[&'a str],
    only: Option<&'a [String]>,
) -> Result<Vec<Chosen<'a>>, Error> {
    let certificates = document.names().filter(|name| document.is_certificate(name)).collect();
    let mut choice = Choice { given, certificates, chosen: Vec::new(), scopes: BTreeSet::new(), settled: 0 };
    choice.check_names(document, given.iter().copied())?;

    let own = document.security()?.unwrap_or_default();
    let mut operations = document.operations()?;
    if let Some(only) = only {
        choice.check_names(document, only.iter().map(|name| &**name))?;
        operations.insert(0, own);
        choice.take_only(only, &operations)?;
        return Ok(choice.chosen);
    }
    let mut is_met = choice.take(&own);
    // What the document asks for is asked for: one operation that needs more is not everybody's.
    choice.settled = choice.chosen.len();
    // Where there is no choice first: what has to be used anyhow may serve the others.
    operations
        .sort_by_cached_key(|list| list.iter().filter(|alternative| choice.is_given(alternative)).count());
    for list in &operations {
        is_met |= choice.take(list);
    }
    if !is_met {
        choice.check_open(&own, &operations)?;
    }
    choice.add_the_rest(&own, &operations)?;
    Ok(choice.chosen)
}

impl<'a> Choice<'a, '_> {
    fn check_names(
        &self,
        document: &Document<'a>,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<(), Error> {
        for name in names {
            if document.scheme(name)?.is_none() {
                let near = did_you_mean(name, document.names());
                let names: Vec<_> = document.names().take(SHOWN).map(quoted).collect();
                let hint = near.unwrap_or_else(|| match names.len() {
                    0 => "; it has none at all: write an entry of an AuthConfig instead".into(),
                    _ => format!("; it has {}", names.join(", ")),
                });
                let name = quoted(name);
                return Err(Error::caller(format!("the document has no security scheme {name}{hint}")));
            }
            if self.certificates.contains(name) {
                let what = "is mutualTLS, which is in the connection and not in a request: give the client its \
                            certificate in its own builder, and leave this scheme out";
                return Err(error(name, what));
            }
        }
        Ok(())
    }

    /// Where nothing meets any list, one of them has to do without.
    fn check_open(&self, own: &[Alternative<'a>], operations: &[Vec<Alternative<'a>>]) -> Result<(), Error> {
        let is_closed = |list: &[Alternative<'a>]| {
            !list.is_empty() && !list.iter().any(|alternative| self.is_free(alternative))
        };
        if is_closed(own) {
            return Err(self.lacks(OF_THE_DOCUMENT, own));
        }
        let says_nothing = own.iter().all(Vec::is_empty);
        match operations.iter().find(|list| is_closed(list)) {
            Some(list) if says_nothing && self.given.is_empty() => Err(self.lacks(OF_AN_OPERATION, list)),
            _ => Ok(()),
        }
    }

    /// These, with the scopes of the first alternative of each list that names them.
    fn take_only(&mut self, only: &'a [String], lists: &[Vec<Alternative<'a>>]) -> Result<(), Error> {
        for name in only {
            if !self.given.contains(&&**name) {
                let what = "is one of those that only are used, and nothing is given for it";
                return Err(error(name, what));
            }
            self.add(name, &[]);
            for list in lists {
                let found = list.iter().flatten().find(|(other, _)| other == name);
                self.add(name, found.map_or(&[], |(_, scopes)| scopes));
            }
        }
        Ok(())
    }

    /// Whether there is something to send, and all of it is given.
    fn is_given(&self, alternative: &Alternative<'a>) -> bool {
        !self.is_free(alternative) && self.missing(alternative).next().is_none()
    }

    /// Nothing goes onto a request: anonymous, or by certificate alone.
    fn is_free(&self, alternative: &Alternative<'a>) -> bool {
        alternative.iter().all(|(name, _)| self.certificates.contains(name))
    }

    fn missing<'b>(&'b self, alternative: &'b Alternative<'a>) -> impl Iterator<Item = &'a str> + 'b {
        let names = alternative.iter().map(|(name, _)| *name);
        names.filter(|name| !self.given.contains(name) && !self.certificates.contains(name))
    }

    /// Takes the first alternative that can be taken; before others one of which no more scheme is needed than there are.
    fn take(&mut self, list: &[Alternative<'a>]) -> bool {
        let given = || list.iter().filter(|alternative| self.is_given(alternative));
        let is_chosen = |name| self.chosen.iter().any(|chosen| chosen.name == name);
        let serves = |alternative: &&Alternative<'a>| {
            alternative.iter().all(|(name, _)| is_chosen(*name) || self.certificates.contains(name))
        };
        let Some(alternative) = given().find(serves).or_else(|| given().next()) else { return false };
        for (name, scopes) in alternative {
            if !self.certificates.contains(name) {
                self.add(name, scopes);
            }
        }
        true
    }

    fn add(&mut self, name: &'a str, scopes: &[&'a str]) {
        let known = self.chosen.iter().position(|chosen| chosen.name == name);
        let index = known.unwrap_or_else(|| {
            self.chosen.push(Chosen { name, scopes: Vec::new() });
            self.chosen.len() - 1
        });
        if index >= self.settled {
            let new = scopes.iter().copied().filter(|scope| self.scopes.insert((name, *scope)));
            self.chosen[index].scopes.extend(new);
        }
    }

    /// What is given and not used by now: spare, where its alternative is complete; half of something; or in no list.
    fn add_the_rest(
        &mut self,
        own: &[Alternative<'a>],
        operations: &[Vec<Alternative<'a>>],
    ) -> Result<(), Error> {
        let lists = || {
            let operations = operations.iter().map(|list| (OF_AN_OPERATION, &**list));
            std::iter::once((OF_THE_DOCUMENT, own)).chain(operations)
        };
        let unused = |name: &&&str| !self.chosen.iter().any(|chosen| chosen.name == **name);
        let rest: Vec<_> = self.given.iter().filter(unused).collect();
        for name in rest {
            let has = |alternative: &&Alternative<'a>| alternative.iter().any(|(other, _)| other == name);
            let mut within = lists().filter(|(_, list)| list.iter().any(|alternative| has(&alternative)));
            let Some((which, list)) = within.next() else {
                self.add(name, &[]);
                continue;
            };
            let mut alternatives = lists().flat_map(|(_, list)| list).filter(has);
            if !alternatives.any(|alternative| self.is_given(alternative)) {
                let with_it: Vec<_> = list.iter().filter(has).cloned().collect();
                return Err(self.lacks(which, &with_it));
            }
        }
        Ok(())
    }

    fn lacks(&self, which: &str, list: &[Alternative<'a>]) -> Error {
        let missing = |alternative: &Alternative<'a>| {
            self.missing(alternative).take(SHOWN).map(quoted).collect::<Vec<_>>().join(" and ")
        };
        let mut each = Vec::new();
        for missing in list.iter().map(missing).filter(|missing| !missing.is_empty()) {
            if !each.contains(&missing) {
                each.push(missing);
            }
            if each.len() > SHOWN {
                break;
            }
        }
        let more = if each.len() > SHOWN { ", or another of its alternatives" } else { "" };
        each.truncate(SHOWN);
        let each = each.join(", or ");
        Error::caller(format!("{which} needs more than is given: give credentials for {each}{more}"))
    }
}
