//! What a batch of commands comes to, done one after the other.

use std::collections::{BTreeMap, HashSet};

use super::{Change, Command, Refusal};

/// A member and a product.
pub(super) type Pair = (i64, i64);

/// What MySQL holds about the products and members of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// Wishes of each product that exists, by its id.
    pub(super) counts: BTreeMap<i64, i64>,
    pub(super) wishes: HashSet<Pair>,
}

/// What the batch answers and what it writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// In order of the commands: the product's wishes after the command, or why it was not done.
    pub(super) answers: Vec<Result<i64, Refusal>>,
    pub(super) deleted: Vec<Pair>,
    /// In order of arrival, after what is deleted: a wish that was taken back and made again is a new one.
    pub(super) inserted: Vec<Pair>,
    /// Products and their new counts.
    pub(super) counts: Vec<(i64, i64)>,
}

/// Decides commands in order of their arrival.
pub(super) fn decide(mut stored: Stored, commands: &[Command]) -> Plan {
    let before = stored.counts.clone();
    let (mut deleted, mut inserted) = (Vec::new(), Vec::new());
    let mut answers = Vec::with_capacity(commands.len());
    for command in commands {
        let answer = stored.apply(command);
        if answer.is_ok() {
            match (command.change, inserted.iter().position(|pair| *pair == command.pair())) {
                (Change::Wish, _) => inserted.push(command.pair()),
                (Change::Unwish, Some(place)) => drop(inserted.remove(place)),
                (Change::Unwish, None) => deleted.push(command.pair()),
            }
        }
        answers.push(answer);
    }
    let counts = stored.counts.into_iter().filter(|(id, count)| before.get(id) != Some(count)).collect();
    Plan { answers, deleted, inserted, counts }
}

impl Stored {
    fn apply(&mut self, command: &Command) -> Result<i64, Refusal> {
        let count = self.counts.get_mut(&command.product_id).ok_or(Refusal::UnknownProduct)?;
        match command.change {
            Change::Wish if self.wishes.insert(command.pair()) => *count += 1,
            Change::Wish => return Err(Refusal::AlreadyWished),
            // A count that was set too low by hand must not fail the batch.
            Change::Unwish if self.wishes.remove(&command.pair()) => *count = (*count - 1).max(0),
            Change::Unwish => return Err(Refusal::NotWished),
        }
        Ok(*count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn wish(member_id: i64, product_id: i64) -> Command {
        Command { member_id, product_id, change: Change::Wish }
    }

    fn unwish(member_id: i64, product_id: i64) -> Command {
        Command { change: Change::Unwish, ..wish(member_id, product_id) }
    }

    /// Products 1 and 2 exist; member 9 wishes product 1.
    fn plan(commands: &[Command]) -> Plan {
        decide(Stored { counts: [(1, 1), (2, 0)].into(), wishes: [(9, 1)].into() }, commands)
    }

    #[test]
    fn each_command_meets_what_the_one_before_left() {
        let plan = plan(&[wish(5, 1), wish(5, 1), unwish(5, 1), unwish(5, 1), wish(6, 2)]);
        assert_eq!(plan.answers, [Ok(2), Err(Refusal::AlreadyWished), Ok(1), Err(Refusal::NotWished), Ok(1)]);
        assert_eq!((plan.deleted, plan.inserted, plan.counts), (vec![], vec![(6, 2)], vec![(2, 1)]));
    }

    #[test]
    fn a_wish_made_again_is_the_newest() {
        let plan = plan(&[unwish(9, 1), wish(5, 1), wish(9, 1)]);
        assert_eq!(plan.answers, [Ok(0), Ok(1), Ok(2)]);
        assert_eq!((plan.deleted, plan.inserted), (vec![(9, 1)], vec![(5, 1), (9, 1)]));
    }

    #[test]
    fn a_wish_that_ends_where_it_began_is_deleted_once() {
        let plan = plan(&[unwish(9, 1), wish(9, 1), unwish(9, 1)]);
        assert_eq!((plan.deleted, plan.inserted, plan.counts), (vec![(9, 1)], vec![], vec![(1, 0)]));
    }

    #[test]
    fn an_unknown_product_fails_its_own_command_only() {
        let plan = plan(&[wish(5, 3), wish(5, 2)]);
        assert_eq!(plan.answers, [Err(Refusal::UnknownProduct), Ok(1)]);
        assert_eq!(plan.inserted, [(5, 2)]);
    }

    #[test]
    fn no_count_falls_below_zero() {
        let stored = Stored { counts: [(1, 0)].into(), wishes: [(9, 1)].into() };
        assert_eq!(decide(stored, &[unwish(9, 1)]).answers, [Ok(0)]);
    }

    /// The stored wishes and counts after a plan.
    fn after(stored: &Stored, plan: &Plan) -> Stored {
        let mut after = stored.clone();
        for pair in &plan.deleted {
            assert!(after.wishes.remove(pair));
        }
        for pair in &plan.inserted {
            assert!(after.wishes.insert(*pair));
        }
        after.counts.extend(plan.counts.iter().copied());
        after
    }

    proptest! {
        #[test]
        fn a_batch_comes_to_the_same_as_its_commands_one_by_one(
            commands in vec((0..4_i64, 0..4_i64, any::<bool>()), 0..40)
        ) {
            let command = |(member, product, wished)| if wished { wish(member, product) } else { unwish(member, product) };
            let commands: Vec<_> = commands.into_iter().map(command).collect();
            let stored = Stored { counts: [(1, 1), (2, 0), (3, 2)].into(), wishes: [(0, 1), (1, 3), (2, 3)].into() };
            let mut one_by_one = stored.clone();
            let mut answers = Vec::new();
            for command in &commands {
                let plan = decide(one_by_one.clone(), &[*command]);
                one_by_one = after(&one_by_one, &plan);
                answers.extend(plan.answers);
            }
            let plan = decide(stored.clone(), &commands);
            prop_assert_eq!(after(&stored, &plan), one_by_one);
            prop_assert_eq!(plan.answers, answers);
        }
    }
}
