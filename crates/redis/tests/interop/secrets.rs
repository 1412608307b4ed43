//! Whatever can be printed has neither the password nor a byte of a record in it.

use std::{thread, time::Duration};

use authwright_core::TokenStore;
use authwright_redis::RedisStore;

use crate::support::{OwnServer, SHORT, fresh_key, record};

const PASSWORD: &str = "canary-password";
const TOKEN: &str = "canary-token";

#[test]
fn nothing_printable_has_a_secret() {
    let mut server = OwnServer::start(&["--requirepass", PASSWORD]);
    let limit = Duration::from_millis(300);
    let url = server.url(&format!("default:{PASSWORD}@"));
    let store = RedisStore::new(&url).unwrap().lease(SHORT).timeouts(limit, limit);
    let key = fresh_key();
    let mut shown = vec![format!("{store:?} {store:#?}")];

    let mut late = store.lock(&key, Duration::ZERO).unwrap();
    shown.push(format!("{late:?} {late:#?}"));
    shown.push(format!("{:?}", store.lock(&key, Duration::ZERO)));
    thread::sleep(SHORT * 2);
    let mut next = store.lock(&key, Duration::ZERO).unwrap();
    shown.push(format!("{:?}", next.save(&record(TOKEN))));
    shown.push(format!("{:?}", late.save(&record(TOKEN))));
    shown.push(format!("{:?} {:?}", late.load(), store.load(&key)));

    // Errors of Redis that quote what they were given, and those of the system.
    let mut bare = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let name = format!("authwright:{{{}}}", key.file_name());
    redis::cmd("SET").arg(&name).arg(TOKEN).exec(&mut bare).unwrap();
    shown.push(format!("{:?} {:?}", store.load(&key), next.save(&record(TOKEN))));
    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).exec(&mut bare).unwrap();
    shown.push(format!("{:?}", next.save(&record(TOKEN))));
    server.freeze();
    shown.push(format!("{:?}", next.save(&record(TOKEN))));
    server.kill();
    shown.push(format!("{:?} {:?}", next.save(&record(TOKEN)), store.load(&key)));

    assert_eq!(shown.iter().map(|text| text.matches("Err(").count()).sum::<usize>(), 7, "{shown:#?}");
    for text in shown {
        assert!(!text.contains("canary"), "{text}");
    }
}
