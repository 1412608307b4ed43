//! The JSON that the embedded server speaks: a small shop, and the weather.

use authwright_testkit::{Received, Reply};
use serde_json::{Value, json};

use crate::secrets;

/// `GET /orders?state=open` lists, `POST /orders` adds.
pub(crate) fn orders(request: &Received) -> Reply {
    if request.method == "POST" {
        return match serde_json::from_slice::<Value>(&request.body) {
            Ok(draft) if draft["item"].is_string() && draft["quantity"].is_u64() => {
                let made = json!({ "id": 104, "item": draft["item"], "quantity": draft["quantity"], "state": "open" });
                Reply::status(201).header("content-type", "application/json").body(made.to_string())
            }
            _ => Reply::status(422).body("an order has an item and a quantity"),
        };
    }
    let all = [
        json!({ "id": 101, "item": "anvil", "quantity": 1, "state": "open" }),
        json!({ "id": 102, "item": "rope", "quantity": 12, "state": "shipped" }),
        json!({ "id": 103, "item": "paint", "quantity": 3, "state": "open" }),
    ];
    let state = request.query_value("state");
    let wanted = |order: &Value| state.as_deref().is_none_or(|state| order["state"] == state);
    Reply::json(&all.into_iter().filter(wanted).collect::<Value>().to_string())
}

pub(crate) fn stock() -> Reply {
    Reply::json(r#"[{"item":"anvil","left":2},{"item":"paint","left":40},{"item":"rope","left":0}]"#)
}

pub(crate) fn customers() -> Reply {
    Reply::json(r#"[{"name":"Ada"},{"name":"Grace"}]"#)
}

/// Current weather as `OpenWeatherMap` tells it, with its own words where the key or the city is wrong.
pub(crate) fn weather(request: &Received) -> Reply {
    let body = |status, body: Value| {
        Reply::status(status).header("content-type", "application/json").body(body.to_string())
    };
    if request.query_value("appid").as_deref() != Some(secrets::WEATHER_KEY) {
        let message = "Invalid API key. Please see https://openweathermap.org/faq#error401 for more info.";
        return body(401, json!({ "cod": 401, "message": message }));
    }
    let celsius = request.query_value("units").as_deref() == Some("metric");
    let temperature = if celsius { 4.2 } else { 277.35 };
    match request.query_value("q").as_deref() {
        None | Some("") => body(400, json!({ "cod": "400", "message": "Nothing to geocode" })),
        Some("Atlantis") => body(404, json!({ "cod": "404", "message": "city not found" })),
        Some(city) => body(
            200,
            json!({
                "coord": { "lon": 10.7461, "lat": 59.9127 },
                "weather": [{ "id": 500, "main": "Rain", "description": "light rain", "icon": "10d" }],
                "main": { "temp": temperature, "feels_like": 1.1, "pressure": 1009, "humidity": 87 },
                "wind": { "speed": 3.6, "deg": 200 },
                "name": city,
                "cod": 200
            }),
        ),
    }
}
