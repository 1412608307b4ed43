//! The contract suite: each property of `tests/tests` runs on every driver, in memory, on reqwest, on ureq and on a tower layer.

mod reqwest_driver;
mod tower_driver;
mod ureq_driver;

use authwright_testkit::{Driver, Memory, Plan, Setting};

pub use self::{reqwest_driver::Reqwest, tower_driver::Tower, ureq_driver::Ureq};

/// Runs a property on every driver. Its assertions should name the driver.
pub fn on_every_driver(mut property: impl FnMut(&dyn Driver)) {
    for driver in [&Memory as &dyn Driver, &Reqwest::new(), &Ureq, &Tower::new()] {
        property(driver);
    }
}

/// Runs a property about a setting on every driver whose client has it.
pub fn on_every_driver_with(setting: Setting, mut property: impl FnMut(&dyn Driver)) {
    on_every_driver(|driver| {
        if !driver.leaves_to_others().contains(&setting) {
            property(driver);
        }
    });
}

/// A driver of this name for a thread of its own: drivers do not move between threads.
///
/// # Panics
/// If there is none.
pub fn another(name: &str) -> Box<dyn Driver> {
    match name {
        "in-memory" => Box::new(Memory),
        "reqwest" => Box::new(Reqwest::new()),
        "ureq" => Box::new(Ureq),
        "tower" => Box::new(Tower::new()),
        _ => panic!("no driver is called {name}"),
    }
}

/// Whether a driver can carry out a plan, as far as its proxy goes.
pub fn can_send(driver: &dyn Driver, plan: &Plan) -> bool {
    plan.proxy.is_none() || !driver.leaves_to_others().contains(&Setting::Proxy)
}

/// The code blocks of the documentation are tests.
#[cfg(doctest)]
mod documentation {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/architecture.md")]
    struct Architecture;
    #[doc = include_str!("../../docs/decisions.md")]
    struct Decisions;
    #[doc = include_str!("../../docs/threat-model.md")]
    struct ThreatModel;
    #[doc = include_str!("../../docs/rules.md")]
    struct Rules;
    #[doc = include_str!("../../docs/performance.md")]
    struct Performance;
    #[doc = include_str!("../../docs/howto/my-token-expires.md")]
    struct MyTokenExpires;
    #[doc = include_str!("../../docs/howto/several-processes-share-a-login.md")]
    struct SeveralProcessesShareALogin;
    #[doc = include_str!("../../docs/howto/many-machines-share-a-login.md")]
    struct ManyMachinesShareALogin;
    #[doc = include_str!("../../docs/howto/tokens-from-my-vault.md")]
    struct TokensFromMyVault;
    #[doc = include_str!("../../docs/howto/my-server-wants-digest.md")]
    struct MyServerWantsDigest;
    #[doc = include_str!("../../docs/howto/rotate-a-key.md")]
    struct RotateAKey;
    #[doc = include_str!("../../docs/howto/credentials-from-a-document.md")]
    struct CredentialsFromADocument;
    #[doc = include_str!("../../docs/howto/from-an-openapi-document.md")]
    struct FromAnOpenapiDocument;
    #[doc = include_str!("../../docs/howto/a-request-somebody-else-sends.md")]
    struct ARequestSomebodyElseSends;
    #[doc = include_str!("../../docs/howto/retries-and-layers.md")]
    struct RetriesAndLayers;
    #[doc = include_str!("../../docs/howto/tonic-hyper-and-tower.md")]
    struct TonicHyperAndTower;
    #[doc = include_str!("../../docs/howto/through-a-proxy.md")]
    struct ThroughAProxy;
    #[doc = include_str!("../../docs/howto/test-my-own-code.md")]
    struct TestMyOwnCode;
    #[doc = include_str!("../../docs/howto/log-in-with-the-browser.md")]
    struct LogInWithTheBrowser;
    #[doc = include_str!("../../docs/howto/log-in-over-ssh.md")]
    struct LogInOverSsh;
    #[doc = include_str!("../../docs/howto/service-to-service.md")]
    struct ServiceToService;
    #[doc = include_str!("../../docs/howto/many-users-in-a-web-application.md")]
    struct ManyUsersInAWebApplication;
    #[doc = include_str!("../../docs/howto/one-login-for-several-apis.md")]
    struct OneLoginForSeveralApis;
    #[doc = include_str!("../../docs/howto/when-an-api-asks-for-more.md")]
    struct WhenAnApiAsksForMore;
    #[doc = include_str!("../../docs/howto/bind-tokens-to-a-key.md")]
    struct BindTokensToAKey;
    #[doc = include_str!("../../docs/howto/which-server.md")]
    struct WhichServer;
    #[doc = include_str!("../../docs/howto/register-a-client.md")]
    struct RegisterAClient;
}
