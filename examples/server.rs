//! The embedded server, to try things against from another terminal: with curl, or with the other examples.
//!
//! ```sh
//! cargo run --example server
//! ```

use std::error::Error;

use authwright_examples::{Embedded, secrets};

fn main() -> Result<(), Box<dyn Error>> {
    let server = Embedded::start()?;
    let (origin, shop, weather) = (server.origin(), secrets::HEADER_KEY, secrets::WEATHER_KEY);
    let login = format!(r#"{{"email":"{}","password":"{}"}}"#, secrets::EMAIL, secrets::LOGIN_PASSWORD);
    println!("{origin} is up. In another terminal:\n");
    println!("  OPENWEATHER_KEY={weather} cargo run --example weather -- --base-url {origin} Oslo");
    println!("  SHOP_KEY={shop} cargo run --example service -- --base-url {origin}");
    println!("  curl -i -H 'X-API-Key: {shop}' {origin}/orders");
    println!("  curl -i -d '{login}' {origin}/login\n");
    println!("Its paths are listed in examples/src/embedded.rs. Enter ends it.");
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
