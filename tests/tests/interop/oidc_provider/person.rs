//! A person with a browser: the executable form of what `tests/interop/oidc_provider/drive.mjs` describes. A browser keeps
//! cookies, follows redirects and sends forms; there is no script to run.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use authwright_ureq::ureq::Agent;
use url::Url;

/// By what the server's record tells a browser's requests from ours.
pub(crate) const BROWSER: &str = "a person's browser";

/// Clones are the same person, with the same cookies.
#[derive(Clone)]
pub(crate) struct Person(Arc<Someone>);

struct Someone {
    name: String,
    /// One for each issuer: cookies do not tell ports apart. An agent is a jar.
    agents: Mutex<HashMap<String, Agent>>,
}

/// What a device's page says to who has refused.
const DENIED: &str = "The Sign-in request was interrupted";

/// Where a walk through the forms has ended.
#[derive(Debug)]
pub(crate) enum End {
    /// At an address that is not the server's.
    Away(String),
    /// At a page without a form.
    Page(u16, String),
}

/// What is entered where a form asks for more than a name and a password.
#[derive(Clone, Copy, Default)]
struct Answers<'a> {
    user_code: &'a str,
    refuses: bool,
}

impl Person {
    pub(crate) fn new(name: &str) -> Self {
        Self(Arc::new(Someone { name: name.to_owned(), agents: Mutex::default() }))
    }

    /// Signs in and agrees to all that is asked. The address that the browser is sent to in the end.
    pub(crate) fn signs_in(&self, url: &str) -> String {
        away(self.walk(url, Answers::default()))
    }

    /// Signs in, and then says no.
    pub(crate) fn says_no(&self, url: &str) -> String {
        away(self.walk(url, Answers { refuses: true, ..Answers::default() }))
    }

    /// Opens a page on which there is nothing to do. Its status and its text.
    pub(crate) fn looks_at(&self, url: &str) -> (u16, String) {
        match self.walk(url, Answers::default()) {
            End::Page(status, page) => (status, page),
            End::Away(_) => panic!("the server has sent the browser away"),
        }
    }

    /// Enters the code of a device, signs in, and agrees or not.
    pub(crate) fn enters(&self, url: &str, user_code: &str, agrees: bool) {
        let answers = Answers { user_code, refuses: !agrees };
        let End::Page(status, page) = self.walk(url, answers) else {
            panic!("the server has sent the browser away")
        };
        let done = if agrees { "Sign-in Success" } else { DENIED };
        assert!(page.contains(done), "{status}: {page}");
    }

    /// Goes to the address that the server has sent it to: a listener on this machine. The page that is shown there.
    pub(crate) fn comes_back(&self, callback: &str) -> String {
        let mut response = self.agent("this machine").get(callback).call().unwrap();
        assert_eq!(response.status(), 200);
        response.body_mut().read_to_string().unwrap()
    }

    fn agent(&self, issuer: &str) -> Agent {
        let mut agents = self.0.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let open = || {
            Agent::config_builder()
                .proxy(None)
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .user_agent(BROWSER)
                .build()
                .into()
        };
        agents.entry(issuer.to_owned()).or_insert_with(open).clone()
    }

    fn walk(&self, url: &str, answers: Answers<'_>) -> End {
        let mut url = Url::parse(url).unwrap();
        let issuer = url.origin();
        let agent = self.agent(&issuer.ascii_serialization());
        let mut form = None;
        for _ in 0..20 {
            let sent = match form.take() {
                None => agent.get(url.as_str()).call(),
                Some(form) => agent.post(url.as_str()).send_form::<Vec<(String, String)>, _, _>(form),
            };
            let mut response = sent.unwrap();
            if let Some(location) = response.headers().get("location") {
                url = url.join(location.to_str().unwrap()).unwrap();
                if url.origin() != issuer {
                    return End::Away(url.into());
                }
                continue;
            }
            let page = response.body_mut().read_to_string().unwrap();
            let action = page.split("<form").nth(1).and_then(|form| attribute(form, "action"));
            let Some(action) = action.filter(|_| response.status() == 200) else {
                return End::Page(response.status().as_u16(), page);
            };
            if answers.refuses && page.contains(r#"name="prompt" value="consent""#) {
                url = Url::parse(&format!("{url}/abort")).unwrap();
                continue;
            }
            // The same form again, below what has come of it.
            if answers.refuses && page.contains(DENIED) {
                return End::Page(response.status().as_u16(), page);
            }
            url = url.join(&action).unwrap();
            form = Some(self.fill(&page, answers));
        }
        panic!("no end of forms");
    }

    /// What a form has already, and what a person enters.
    fn fill(&self, page: &str, answers: Answers<'_>) -> Vec<(String, String)> {
        let inputs = page.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
        let fields = inputs.filter_map(|input| {
            let name = attribute(input, "name")?;
            let entered = match &*name {
                "login" => &self.0.name,
                "password" => "any",
                "user_code" => answers.user_code,
                _ => "",
            };
            // The button beside the one that agrees.
            let name = if name == "confirm" && answers.refuses { "abort".to_owned() } else { name };
            Some((name, attribute(input, "value").unwrap_or_else(|| entered.to_owned())))
        });
        fields.collect()
    }
}

fn away(end: End) -> String {
    match end {
        End::Away(location) => location,
        End::Page(status, page) => panic!("the forms have ended at a page: {status} {page}"),
    }
}

/// The first attribute of this name. What the server writes needs no decoding but for ampersands.
fn attribute(element: &str, name: &str) -> Option<String> {
    let element = element.split('>').next()?;
    let (_, value) = element.split_once(&format!(r#"{name}=""#))?;
    Some(value.split('"').next()?.replace("&amp;", "&"))
}

/// A parameter in the query of an address.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
