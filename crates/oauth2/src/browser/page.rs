//! What the browser shows at the end: a page without scripts, styles or anything from elsewhere, that repeats nothing it
//! was asked for.

/// What is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Page {
    /// Neutral: whether the answer is a good one is found out only after it.
    Thanks,
    /// The server has said that it did not sign anybody in.
    Refused,
    /// The answer of another sign-in.
    Another,
    NotFound,
    WrongMethod,
    Malformed,
    TooLong,
}

impl Page {
    /// The whole response.
    pub(crate) fn response(self) -> Vec<u8> {
        let (status, heading, text) = self.words();
        // The dark or light look of the browser's own style costs no style here, so the policy can forbid them all.
        let body = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{heading}</title>\n</head>\n\
             <body>\n<main>\n<h1>{heading}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
        );
        let allow = if matches!(self, Self::WrongMethod) { "Allow: GET\r\n" } else { "" };
        // The URL of this page has the code in it: it must not be kept in a cache, nor travel in a `Referer`.
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
             Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\
             X-Content-Type-Options: nosniff\r\n{allow}Connection: close\r\n\r\n",
            body.len()
        );
        (head + &body).into_bytes()
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Thanks => ("200 OK", "Thank you", "You can close this window and go back to the program."),
            Self::Refused => (
                "200 OK",
                "You are not signed in",
                "The sign-in was refused or broken off. You can close this window; the program says more.",
            ),
            Self::Another => (
                "404 Not Found",
                "This belongs to another sign-in",
                "The program waits for the answer to the page it has opened last. You can close this window.",
            ),
            Self::NotFound => (
                "404 Not Found",
                "Nothing is here",
                "A program waits at another address here for somebody to sign in. You can close this window.",
            ),
            Self::WrongMethod => (
                "405 Method Not Allowed",
                "This cannot be sent here",
                "A program waits here for somebody to sign in, and listens to GET only.",
            ),
            Self::Malformed => {
                ("400 Bad Request", "This cannot be read", "What was sent here is not what browsers send.")
            }
            Self::TooLong => (
                "431 Request Header Fields Too Large",
                "Your browser sent too much",
                "It added more to its request than the program reads; mostly that is cookies. \
                 Sign in again in a private window.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Page; 7] = [
        Page::Thanks,
        Page::Refused,
        Page::Another,
        Page::NotFound,
        Page::WrongMethod,
        Page::Malformed,
        Page::TooLong,
    ];

    #[test]
    fn each_page_is_whole_and_inert() {
        for page in ALL {
            let response = String::from_utf8(page.response()).unwrap();
            let (head, body) = response.split_once("\r\n\r\n").unwrap();
            for field in [
                "Content-Type: text/html; charset=utf-8",
                &format!("Content-Length: {}", body.len()),
                "Cache-Control: no-store",
                "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
                "Referrer-Policy: no-referrer",
                "X-Content-Type-Options: nosniff",
                "Connection: close",
            ] {
                assert_eq!(head.lines().filter(|line| *line == field).count(), 1, "{page:?}: {field}");
            }
            assert_eq!(head.contains("Allow: GET"), head.contains(" 405 "), "{page:?}");
            for active in ["<script", "<style", "<link", "<img", "style=", "src=", "href=", "http:", "https:"]
            {
                assert!(!body.contains(active), "{page:?}: {active}");
            }
        }
    }

    #[test]
    fn no_page_says_that_somebody_is_signed_in() {
        for page in ALL {
            let response = String::from_utf8(page.response()).unwrap().to_lowercase();
            assert!(!response.contains("are signed in"), "{page:?}");
        }
    }
}
