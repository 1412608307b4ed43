//! Several caches with one folder of tokens, as several processes have them: one login for all, on both clients.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use authwright_reqwest::{Auth, Client, FileStore, LoginEndpoint, Tokens};
use authwright_testkit::FakeServer;
use authwright_tests::Reqwest;
use authwright_ureq::Agent;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(env::temp_dir().join(format!("authwright-shared-login-{}-{number}", process::id())))
    }

    /// What a process of its own has: a cache, and the folder.
    fn auth(&self, server: &FakeServer) -> Auth {
        self.auth_at(server, "/login", "sam")
    }

    fn auth_at(&self, server: &FakeServer, place: &str, user: &str) -> Auth {
        let login = LoginEndpoint::json(format!("{}{place}", server.url())).field("user", user);
        let tokens = Tokens::builder(login).store(FileStore::at(&self.0)).build().unwrap();
        Auth::new(server.url(), tokens).unwrap()
    }

    fn agent(&self, server: &FakeServer) -> Agent {
        Agent::builder(self.auth(server)).base_url(server.url()).build().unwrap()
    }

    fn client(&self, server: &FakeServer) -> Client {
        Client::builder(self.auth(server)).base_url(server.url()).build().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn api() -> FakeServer {
    let server = FakeServer::start().unwrap();
    server.tokens("/login");
    server
}

#[test]
fn eight_that_start_at_once_log_in_once() {
    let (server, folder) = (api(), Folder::new());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| folder.agent(&server).get("orders").call().unwrap());
        }
    });
    assert_eq!((server.count("/login"), server.count("/orders")), (1, 8));
}

#[test]
fn the_other_client_needs_no_login() {
    let (server, folder) = (api(), Folder::new());
    folder.agent(&server).get("orders").call().unwrap();
    Reqwest::new().block_on(async {
        folder.client(&server).get("orders").send().await.unwrap();
    });
    assert_eq!((server.count("/login"), server.count("/orders")), (1, 2));
}

#[test]
fn a_refused_token_is_renewed_by_one_and_adopted_by_the_other() {
    let (server, folder) = (api(), Folder::new());
    let (agent, driver) = (folder.agent(&server), Reqwest::new());
    driver.block_on(async {
        let api = folder.client(&server);
        api.get("orders").send().await.unwrap();
        agent.get("orders").call().unwrap();
        server.revoke_tokens();
        api.get("orders").send().await.unwrap();
    });
    agent.get("orders").call().unwrap();
    // Both were refused once and sent their request once more.
    assert_eq!((server.count("/login"), server.count("/orders")), (2, 6));
}

#[test]
fn logins_that_differ_share_nothing() {
    let (server, folder) = (api(), Folder::new());
    for (place, user) in
        [("/login", "sam"), ("/login", "kim"), ("/login?tenant=a", "sam"), ("/login?tenant=b", "sam")]
    {
        for _ in 0..2 {
            let agent = Agent::new(folder.auth_at(&server, place, user)).unwrap();
            agent.get(format!("{}/orders", server.url())).call().unwrap();
        }
    }
    assert_eq!((server.count("/login"), server.count("/orders")), (4, 8));
}
