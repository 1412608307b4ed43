//! The Redis the script has started, servers of a test's own, and children of the test program.

use std::{
    collections::hash_map::RandomState,
    env,
    hash::{BuildHasher, Hasher},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use authwright_core::{
    TokenStore,
    store::{Record, StoreKey},
};
use authwright_redis::RedisStore;
use redis::{Connection, FromRedisValue, cmd};

pub(crate) const SHORT: Duration = Duration::from_millis(100);
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The shared server. Each test has a key of its own.
pub(crate) fn url() -> String {
    env::var("AUTHWRIGHT_REDIS_URL").expect("AUTHWRIGHT_REDIS_URL is set; tests/interop/run does that")
}

pub(crate) fn store() -> RedisStore {
    RedisStore::new(&url()).expect("the script's URL is good")
}

pub(crate) fn fresh_key() -> StoreKey {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970").as_nanos();
    StoreKey::new(format!("login {} {now} {count}", process::id()))
}

pub(crate) fn record(text: &str) -> Record {
    Record::from_bytes(text.into())
}

/// What is kept, as text.
pub(crate) fn kept(store: &dyn TokenStore, key: &StoreKey) -> Option<String> {
    let record = store.load(key).expect("the store can be read")?;
    Some(String::from_utf8(record.as_bytes().to_vec()).expect("tests keep text"))
}

/// A connection that goes round the store.
pub(crate) fn bare() -> Connection {
    redis::Client::open(url()).and_then(|client| client.get_connection()).expect("Redis is there")
}

/// Asks Redis itself: a command and its words.
pub(crate) fn raw<T: FromRedisValue>(words: &[&str]) -> T {
    cmd(words[0]).arg(&words[1..]).query(&mut bare()).expect("Redis answers")
}

pub(crate) fn record_name(key: &StoreKey) -> String {
    format!("authwright:{{{}}}", key.file_name())
}

pub(crate) fn lock_name(key: &StoreKey) -> String {
    format!("{}:lock", record_name(key))
}

/// A Redis that a test may kill. It ends with the value.
pub(crate) struct OwnServer {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl OwnServer {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_at(free_port(), arguments)
    }

    pub(crate) fn start_at(port: u16, arguments: &[&str]) -> Self {
        let folder = env::temp_dir().join(format!("authwright-redis-{}-{port}", process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut server = Self { port, folder, arguments, process: None };
        server.restart();
        server
    }

    /// Starts it again, empty, on the same port.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let program = env::var("AUTHWRIGHT_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let mut command = Command::new(program);
        if !self.arguments.iter().any(|argument| argument == "--port") {
            command.args(["--port", &self.port.to_string()]);
        }
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]).arg(&self.folder);
        // The script ends by these files what a test that was killed could not.
        command.arg("--pidfile").arg(self.folder.join("pid"));
        let log = std::fs::File::create(self.folder.join("log")).expect("the log can be written");
        let started = command.args(&self.arguments).stdout(log).stderr(Stdio::null()).spawn();
        self.process = Some(started.expect("redis-server can be started"));
        let give_up = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < give_up, "redis-server does not listen");
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().and_then(|()| process.wait()).expect("our own child can be killed");
        }
    }

    /// Stops it as a machine that hangs does: connections stay open, nothing answers.
    pub(crate) fn freeze(&self) {
        let id = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args(["-STOP", &id]).status().expect("kill exists").success());
    }

    /// A rule of an ACL, its words apart by blanks.
    pub(crate) fn add_user(&self, rule: &str) {
        let client = redis::Client::open(self.url("")).expect("the URL is good");
        let mut connection = client.get_connection().expect("it runs");
        let words: Vec<&str> = rule.split_whitespace().collect();
        cmd("ACL").arg("SETUSER").arg(words).exec(&mut connection).expect("the rule is one of Redis");
    }

    pub(crate) fn url(&self, credentials: &str) -> String {
        format!("redis://{credentials}127.0.0.1:{}", self.port)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody has, below those the system gives to outgoing connections: one of them might take the port of a
/// server that is restarting.
pub(crate) fn free_port() -> u16 {
    loop {
        let random = RandomState::new().build_hasher().finish() % 20_000;
        let port = 10_000 + u16::try_from(random).expect("it is below 20000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// This program again, to run the ignored test of this name, with these variables.
pub(crate) fn child(test: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().expect("tests know their program"));
    command.args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs it to its end. A name that is no test's would otherwise pass as well.
pub(crate) fn child_passes(test: &str, variables: &[(&str, &str)]) -> bool {
    let output = child(test, variables).stdout(Stdio::piped()).output().expect("the child can be started");
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed")
}

/// A variable that [`child`] was given.
pub(crate) fn given(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name}: this runs as a child of another test only"))
}

pub(crate) fn wait_for(path: &Path) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while !path.exists() {
        assert!(Instant::now() < give_up, "the child did not get there");
        thread::sleep(Duration::from_millis(5));
    }
}
