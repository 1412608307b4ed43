//! Documents that are wrong, and what is said of each, to the letter: `bad.txt`.

use authwright_core::AuthConfig;

use super::{ALL, folder, secret_file, toml};

const TABLE: &str = include_str!("bad.txt");

/// What a document holds where a reference belongs: no message may have it.
const CANARY: &str = "s3cr3t-canary";

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_to_write() {
    let files = [
        ("KEY", secret_file("key", "k3y-canary")),
        ("EMPTY", secret_file("empty", "")),
        ("BLANKS", secret_file("blanks", "two words-canary")),
        ("WORD", secret_file("word", "Bearer w-canary")),
    ];
    let (mut seen, mut wrong) = (0, Vec::new());
    for (document, said) in table() {
        let document = files.iter().fold(document.replace("CANARY", CANARY), |text, (name, reference)| {
            text.replace(&format!("\"{name}\""), &format!("\"{reference}\""))
        });
        let config = read(&document);
        let found = match config.build_with(&ALL) {
            Ok(_) => "(taken)".to_owned(),
            Err(error) => {
                let printed = format!("{error} {error:?} {config:?}");
                assert!(!printed.contains("canary"), "{document}\nshows a secret: {printed}");
                assert!(!printed.contains(char::is_control), "{document}\nis not one line: {printed:?}");
                error.to_string().replace(&*folder().display().to_string(), "FOLDER")
            }
        };
        seen += 1;
        if found != said {
            wrong.push(format!("{document}\n    says {found}\n    not  {said}\n"));
        }
    }
    assert!(seen >= 60, "{seen} documents");
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each document, and what is said of it.
fn table() -> impl Iterator<Item = (String, String)> {
    let mut lines = TABLE.lines().skip_while(|line| line.starts_with('#'));
    std::iter::from_fn(move || {
        let mut document = String::new();
        for line in lines.by_ref() {
            if let Some(said) = line.strip_prefix("=> ") {
                return Some((document.trim().to_owned(), said.to_owned()));
            }
            document.push_str(line);
            document.push('\n');
        }
        assert!(document.trim().is_empty(), "{document}\nhas no `=>`");
        None
    })
}

fn read(document: &str) -> AuthConfig {
    if document.starts_with(['[', '{', 'n']) && !document.starts_with("[auth]") && !document.starts_with("[[")
    {
        return serde_json::from_str(document).expect("JSON");
    }
    let is_whole = document.is_empty()
        || document.starts_with('[')
        || ["auth =", "ahtu ="].iter().any(|start| document.starts_with(start));
    if is_whole {
        return toml(document);
    }
    toml(&format!("[[auth]]\norigins = \"https://api.example.com\"\n{document}"))
}
