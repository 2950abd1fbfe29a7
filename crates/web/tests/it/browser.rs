//! A browser without scripts: keeps cookies for each origin, follows redirects when asked to, sends forms.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode, Url};
use testkit::World;

/// A browser.
pub(crate) struct Browser<'a> {
    world: &'a World,
    cookies: BTreeMap<(String, String), String>,
}

/// What it shows.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) html: String,
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> Url {
        self.url.join(self.headers[LOCATION].to_str().unwrap()).unwrap()
    }

    /// The token that its forms carry.
    pub(crate) fn token(&self) -> String {
        let (_, rest) = self.html.split_once("name=\"_csrf\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Fails unless the page holds a text.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> &Self {
        let main = self.html.split_once("<main").map_or(self.html.as_str(), |(_, main)| main);
        assert!(main.contains(text), "{} ({}) does not show {text:?}:\n{main}", self.url, self.status);
        self
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, cookies: BTreeMap::new() }
    }

    /// A browser in which somebody of the cast has signed in.
    pub(crate) async fn of(world: &'a World, username: &str) -> Self {
        let mut browser = Self::new(world);
        let asked = browser.get("/health/liveness").await;
        assert_eq!(asked.status, StatusCode::OK);
        let landed = browser.sign_in(username, "/").await;
        assert!(landed.url.as_str().starts_with(&world.web_url), "{}", landed.url);
        browser
    }

    /// Asks for a page while nobody is signed in, signs in, and goes wherever that leads.
    pub(crate) async fn sign_in(&mut self, username: &str, wanted: &str) -> Page {
        let back = self.sign_in_until_back(username, wanted).await;
        self.follow(back).await
    }

    /// The same, up to the answer of the page that the sign-in service sends the browser back to.
    pub(crate) async fn sign_in_until_back(&mut self, username: &str, wanted: &str) -> Page {
        let sent_away = self.get(wanted).await;
        assert_eq!(sent_away.status, StatusCode::SEE_OTHER, "{}", sent_away.html);
        let mut form: Vec<(String, String)> = sent_away.location().query_pairs().into_owned().collect();
        form.push(("username".to_owned(), username.to_owned()));
        form.push(("password".to_owned(), "password123456".to_owned()));
        let target = format!("{}/auth/oauth/authorize", self.world.sandbox_url);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let agreed = self.send(Method::POST, &target, Some(&form)).await;
        let back = agreed.location();
        self.get(back.as_str()).await
    }

    /// Shows a page, redirects not followed.
    pub(crate) async fn get(&mut self, address: &str) -> Page {
        let url = self.absolute(address);
        self.send(Method::GET, &url, None).await
    }

    /// Sends a form, redirects not followed.
    pub(crate) async fn post(&mut self, address: &str, form: &[(&str, &str)]) -> Page {
        let url = self.absolute(address);
        self.send(Method::POST, &url, Some(form)).await
    }

    /// Shows a page, wherever it leads.
    pub(crate) async fn open(&mut self, address: &str) -> Page {
        let page = self.get(address).await;
        self.follow(page).await
    }

    async fn follow(&mut self, page: Page) -> Page {
        let mut page = page;
        for _ in 0..10 {
            if !page.status.is_redirection() {
                return page;
            }
            let next = page.location();
            page = self.get(next.as_str()).await;
        }
        panic!("redirected in circles, last to {}", page.url);
    }

    fn absolute(&self, address: &str) -> String {
        if address.starts_with('/') { format!("{}{address}", self.world.web_url) } else { address.to_owned() }
    }

    async fn send(&mut self, method: Method, url: &str, form: Option<&[(&str, &str)]>) -> Page {
        let url = Url::parse(url).unwrap();
        let origin = url.origin().ascii_serialization();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((of, _), _)| *of == origin)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let mut request = self.world.http().request(method, url.clone());
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let key = (origin.clone(), name.to_owned());
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
        Page { url, status, headers, html: answer.text().await.unwrap() }
    }

    /// The value of one of our cookies.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|((_, known), _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Puts a cookie of ours there, as somebody would who copied it.
    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        let origin = Url::parse(&self.world.web_url).unwrap().origin().ascii_serialization();
        self.cookies.insert((origin, name.to_owned()), value.to_owned());
    }
}
