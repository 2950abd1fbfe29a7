//! Assets: every address resolves, and a hashed path is for one content only.

use govuk::{Assets, asset, asset_path};

#[test]
fn every_address_in_the_style_sheets_resolves() {
    let assets = Assets::new("/static/");
    let mut found = 0;
    for name in ["govuk-frontend.min.css", "moj-frontend.min.css", "accessible-autocomplete.min.css"] {
        let css = assets.get(name).expect(name);
        let css = String::from_utf8_lossy(&css.bytes).into_owned();
        assert!(!css.contains("sourceMappingURL"), "{name}");
        for address in css.split("url(").skip(1).filter_map(|rest| rest.split(')').next()) {
            if address.starts_with("data:") || address.starts_with("\"data:") {
                continue;
            }
            let path = address.strip_prefix("/static/").unwrap_or_else(|| panic!("{address} in {name}"));
            assert!(assets.get(path).is_some_and(|asset| asset.immutable), "{address} in {name}");
            found += 1;
        }
    }
    assert!(found >= 10, "fonts and images are named: {found}");
}

#[test]
fn a_hashed_path_is_for_one_content_only() {
    let path = asset_path("govuk-frontend.min.js");
    let name = path.strip_prefix("/assets/").expect("the default prefix");
    let found = asset(name).expect("its own path");
    assert!(found.immutable && name.starts_with(&found.hash), "{name}");
    assert!(asset(&format!("0000000000000000/{}", "govuk-frontend.min.js")).is_none());
    let plain = asset("govuk-frontend.min.js").expect("its plain name");
    assert!(!plain.immutable);
    assert_eq!(plain.hash, found.hash);
    assert!(asset("../Cargo.toml").is_none() && asset("").is_none());
}

#[test]
fn every_asset_has_a_known_type() {
    let assets = Assets::new(govuk::DEFAULT_PREFIX);
    for name in assets.names() {
        let asset = assets.get(name).expect("it is listed");
        assert_ne!(asset.content_type, "application/octet-stream", "{name}");
        assert!(!asset.bytes.is_empty(), "{name}");
    }
    for name in [
        "accessible-autocomplete.min.js",
        "manifest.json",
        "images/favicon.ico",
        "images/govuk-icon-180.png",
        "images/moj-apple-touch-icon-2024.png",
        "images/icon-alert-warning.svg",
        "fonts/light-94a07e06a1-v2.woff2",
    ] {
        assert!(assets.get(name).is_some(), "{name}");
    }
}

#[test]
fn the_start_script_imports_both_libraries() {
    let script = asset(govuk::INIT_SCRIPT).expect("it is made here");
    let text = String::from_utf8_lossy(&script.bytes).into_owned();
    for name in ["govuk-frontend.min.js", "moj-frontend.min.js"] {
        assert!(text.contains(&asset_path(name)), "{text}");
    }
    assert_eq!(script.content_type, "text/javascript; charset=utf-8");
}

#[test]
fn the_layouts_addresses_resolve() {
    for layout in ["govuk/template.njk", "moj/template.njk"] {
        let html = govuk::environment().get_template(layout).unwrap().render(()).unwrap();
        let mut found = 0;
        for address in html.split("\"/assets/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(asset(address).is_some(), "{address} of {layout}");
            found += 1;
        }
        assert!(found >= 4, "{layout}");
    }
}
