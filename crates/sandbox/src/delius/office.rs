//! Office locations: where appointments can be held.
//!
//! Owns the fictional offices at the start; refuses to say which ones are in use later (a person may retire one: see
//! `human`). Codes have 7 characters, as the real ones have.

use serde::{Deserialize, Serialize};

use super::code;
use super::model::Address;

/// An office location.
#[derive(Clone, Serialize, Deserialize)]
pub struct Office {
    /// Delius location code, 7 characters.
    pub code: String,
    /// Its name.
    pub description: String,
    /// Provider (probation area) that holds it; `CRS` for commissioned services.
    pub provider: String,
    /// Whether appointments may be held there.
    pub active: bool,
    pub(crate) address: Option<Address>,
    pub(crate) telephone_number: Option<String>,
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Office {{ code: {}, active: {} }}", self.code, self.active)
    }
}

/// Code, name, building number, street, town, postcode, telephone number.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const COMMISSIONED: [Row; 14] = [
    ("CRSHB01", "Harbour Trust: Quayside", "12", "Quayside Row", "Harbourside", "ZZ1 1AB", "01632 960401"),
    ("CRSHB02", "Harbour Trust: Lantern Street", "88", "Lantern Street", "Harbourside", "ZZ1 2AB", "01632 960402"),
    ("CRSHB03", "Harbour Trust: Ropewalk", "4", "Ropewalk Lane", "Harbourside", "ZZ1 3AC", "01632 960403"),
    ("CRSHB04", "Harbour Trust: Millbrook", "27", "Weir Street", "Millbrook", "ZZ2 4AD", "01632 960404"),
    ("CRSHB05", "Harbour Trust: Priory Road", "3", "Priory Road", "Millbrook", "ZZ2 5AE", "01632 960405"),
    ("CRSHB06", "Harbour Trust: Saltmarsh", "61", "Saltern Road", "Saltmarsh", "ZZ3 1AF", "01632 960406"),
    ("CRSTW01", "Tideway: The Old Dairy", "1", "Dairy Yard", "Harbourside", "ZZ1 4AG", "01632 960407"),
    ("CRSTW02", "Tideway: Castle Hill", "150", "Castle Hill", "Saltmarsh", "ZZ3 3AH", "01632 960408"),
    ("CRSNS01", "Northstar: Aldermere", "9", "Mere Street", "Aldermere", "ZZ6 1AJ", "01632 960409"),
    ("CRSNS02", "Northstar: Foxley", "33", "Foxley High Street", "Foxley", "ZZ6 2AK", "01632 960410"),
    ("CRSNS03", "Northstar: Kingsmarsh", "205", "Marsh Road", "Kingsmarsh", "ZZ7 3AL", "01632 960411"),
    ("CRSWH01", "Women's Hub: Rowan House", "18", "Rowan Way", "Harbourside", "ZZ1 4AM", "01632 960412"),
    ("CRSWH02", "Women's Hub: Abbey Close", "7", "Abbey Close", "Millbrook", "ZZ2 5AN", "01632 960413"),
    ("CRSWH03", "Women's Hub: Lakeside", "40", "Lakeside", "Aldermere", "ZZ6 6AP", "01632 960414"),
];

const PROBATION: [Row; 3] = [
    ("N91HB01", "Harbourside Probation Office", "1", "Assize Street", "Harbourside", "ZZ1 9XA", "01632 960501"),
    ("N91ML01", "Millbrook Probation Office", "22", "Moot Hall Road", "Millbrook", "ZZ2 9XB", "01632 960502"),
    ("N91SM01", "Saltmarsh Probation Office", "14", "Canal Street", "Saltmarsh", "ZZ3 9XC", "01632 960503"),
];

/// Every office at the start: those of provider `CRS` (14 active ones, `CRSEXTL` for "other location", and `CRSOLD1`,
/// retired), then the offices practitioners work from.
pub fn offices() -> Vec<Office> {
    let mut offices: Vec<Office> = COMMISSIONED.iter().map(|row| office(row, code::PROVIDER)).collect();
    offices.push(Office {
        code: code::EXTERNAL_LOCATION.to_owned(),
        description: "CRS External Location".to_owned(),
        provider: code::PROVIDER.to_owned(),
        active: true,
        address: None,
        telephone_number: None,
    });
    let retired = ("CRSOLD1", "Harbour Trust: Old Customs House", "2", "Quayside Row", "Harbourside", "ZZ1 1AZ", "");
    offices.push(Office { active: false, telephone_number: None, ..office(&retired, code::PROVIDER) });
    offices.extend(PROBATION.iter().map(|row| office(row, "N91")));
    offices
}

fn office(&(code, description, number, street, town, postcode, telephone): &Row, provider: &str) -> Office {
    Office {
        code: code.to_owned(),
        description: description.to_owned(),
        provider: provider.to_owned(),
        active: true,
        address: Some(Address {
            building_number: Some(number.to_owned()),
            street_name: Some(street.to_owned()),
            town: Some(town.to_owned()),
            postcode: Some(postcode.to_owned()),
            ..Address::default()
        }),
        telephone_number: Some(telephone.to_owned()),
    }
}
