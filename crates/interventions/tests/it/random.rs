//! The worker killed at moments that chance chooses, over and over, for as long as a life takes.

use std::cell::Cell;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::life::{Life, live};
use crate::product::Product;

/// Each seed has a person of its own, sentenced like the one whose life nothing disturbs.
const RUNS: [(u64, &str); 3] = [(1, "X100005"), (2, "X100007"), (3, "X100008")];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_random_moments_loses_and_doubles_nothing() {
    let product = Product::start().await;
    let peaceful = Life::undisturbed("X100004", &product).await;
    for (seed, crn) in RUNS {
        let mut rng = StdRng::seed_from_u64(seed);
        let over = Cell::new(false);
        let killing = async {
            let mut kills = 0;
            while !over.get() {
                // Chance is the point here: nothing is waited for. Later workers live longer, so that on a slow machine,
                // too, there comes one that gets something done.
                let longest = 500 + 60 * kills;
                tokio::time::sleep(Duration::from_millis(rng.gen_range(0..longest))).await;
                product.worker_is_replaced().await;
                kills += 1;
            }
            kills
        };
        let living = async {
            let life = live(crn, &product, async || {}).await;
            life.assert_everybody_agrees(&product, Some(&peaceful)).await;
            over.set(true);
        };
        let (kills, ()) = tokio::join!(killing, living);
        assert!(kills > 3, "seed {seed}: only {kills} kills");
    }
}
