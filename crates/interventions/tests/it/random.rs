//! The worker killed at moments that chance chooses, over and over, for as long as a life takes.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::life::{Life, live};
use crate::product::Product;

/// Each seed has a person of its own.
const RUNS: [(u64, &str); 4] = [(1, "X100005"), (2, "X100006"), (3, "X100007"), (4, "X100008")];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_random_moments_loses_and_doubles_nothing() {
    let product = Product::start().await;
    let like = Life::undisturbed("X100004", &product).await;
    for (seed, crn) in RUNS {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut kills = 0;
        let killing = async {
            loop {
                // Chance is the point here: nothing is waited for.
                tokio::time::sleep(Duration::from_millis(rng.gen_range(30..900))).await;
                product.worker_is_replaced().await;
                kills += 1;
            }
        };
        let living = async {
            let life = live(crn, &product, async || {}).await;
            life.assert_everybody_agrees(&product, Some(&like)).await;
        };
        tokio::select! {
            () = living => {}
            () = killing => unreachable!("it goes on for ever"),
        }
        assert!(kills > 3, "seed {seed}: only {kills} kills");
    }
}
