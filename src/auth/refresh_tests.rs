//! The exchange of refresh tokens against a model that remembers everything.

use proptest::prelude::*;

use super::*;
use crate::clock;
use crate::db::seal::random;

#[path = "refresh_model.rs"]
mod model;

use model::{Expected, Model};

fn secret() -> Secret {
    Secret::new(random().unwrap())
}

fn token() -> Token {
    Token { account: Id(clock::new_random_id()), session: Id(clock::new_random_id()), secret: secret() }
}

#[test]
fn only_our_tokens_are_taken_apart() {
    let (key, token) = (secret(), token());
    let text = token.text(&key);
    assert_eq!(text.len(), 107);
    let read = Token::parse(&text, &key).unwrap();
    assert_eq!((read.account, read.session, read.secret), (token.account, token.session, token.secret));
    assert!(Token::parse(&text, &secret()).is_none(), "another server's key");
    for index in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(Token::parse(&changed, &key).is_none(), "byte {index}, bit {bit}");
        }
        assert!(Token::parse(&text[..index], &key).is_none());
    }
    assert!(Token::parse(&format!("{text}A"), &key).is_none());
    assert!(Token::parse(&"A".repeat(100_000), &key).is_none());
}

fn renewed(chain: Chain, presented: &Secret, now: Time) -> (Chain, Secret) {
    let Exchange::Renewed(chain, secret) = chain.exchange(presented, secret(), now).unwrap() else {
        panic!("refused");
    };
    (chain, secret)
}

#[test]
fn two_exchanges_at_once_are_one() {
    let (first, start) = (secret(), Time(0));
    let (chain, second) = renewed(Chain::begin(&first, start), &first, start.plus_seconds(5));
    let (chain, same) = renewed(chain, &first, start.plus_seconds(35));
    assert_eq!(second, same);
    let (_, third) = renewed(chain, &second, start.plus_seconds(36));
    assert_ne!(second, third);
}

#[test]
fn nothing_kept_opens_the_successor_without_its_predecessor() {
    let first = secret();
    let (chain, second) = renewed(Chain::begin(&first, Time(0)), &first, Time(1));
    let previous = chain.previous.unwrap();
    for kept in [&chain.current, &previous.hash] {
        let key = Secret::new(kept.as_slice().try_into().unwrap());
        assert!(open_under(&key, SEALED_FOR, &previous.successor).is_err());
    }
    assert_eq!(*open_under(&first, SEALED_FOR, &previous.successor).unwrap(), second.as_slice());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_are_those_of_the_model(
        steps in proptest::collection::vec(
            (
                // Mostly the newest tokens, counted from the end.
                prop_oneof![4 => Just(0_usize), 4 => Just(1), 1 => 2_usize..6],
                prop_oneof![
                    8 => 0_i64..40,
                    2 => prop_oneof![Just(29_i64), Just(30), Just(31)],
                    3 => 3_000_i64..30_000,
                    1 => prop_oneof![Just(86_399_i64), Just(86_400), Just(86_401)],
                    1 => prop_oneof![Just(IDLE - 1), Just(IDLE), Just(IDLE + 1)],
                    1 => 0..IDLE,
                ],
            ),
            1..40,
        )
    ) {
        let mut secrets = vec![secret()];
        let mut chain = Chain::begin(&secrets[0], Time(0));
        let mut model = Model::begin();
        let mut now = 0;
        for (back, pause) in steps {
            now += pause;
            let number = (secrets.len() - 1).saturating_sub(back);
            let expected = model.present(number, now);
            let found = chain.clone().exchange(&secrets[number], secret(), Time(0).plus_seconds(now)).unwrap();
            match (expected, found) {
                (Expected::Token(number), Exchange::Renewed(kept, answered)) => {
                    if number == secrets.len() {
                        prop_assert!(!secrets.contains(&answered));
                        secrets.push(answered);
                    } else {
                        prop_assert_eq!(&answered, &secrets[number]);
                    }
                    prop_assert_eq!(&kept.current, &sha256(secrets[number].as_slice()));
                    chain = kept;
                }
                (Expected::Expired, Exchange::Expired) | (Expected::Reused, Exchange::Reused) => {}
                (expected, _) => prop_assert!(false, "{expected:?} was expected"),
            }
            if model.over {
                break;
            }
        }
    }
}
