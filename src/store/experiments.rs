//! The table of experiments.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx, Window};
use crate::domain::name::{ExperimentKey, WorkspaceKey};
use crate::domain::provisioning::ProvisioningState;
use crate::domain::workspace::Experiment;

impl Document for Experiment {
    const TABLE: &'static str = "experiments";
}

impl Reader<'_> {
    /// One experiment.
    pub fn experiment(&self, key: &ExperimentKey) -> Result<Option<Stored<Experiment>>, StoreError> {
        let Some(workspace) = self.workspace_number(&key.workspace)? else { return Ok(None) };
        self.one(
            "SELECT number, generation, document FROM experiments WHERE workspace = ?1 AND name = ?2",
            params![workspace, key.name.as_str()],
        )
    }

    /// Experiments of a workspace, oldest first; none when there is no such workspace.
    pub fn experiments(&self, workspace: &WorkspaceKey, window: Window) -> Result<Vec<Stored<Experiment>>, StoreError> {
        let Some(workspace) = self.workspace_number(workspace)? else { return Ok(Vec::new()) };
        self.many(
            "SELECT number, generation, document FROM experiments
             WHERE workspace = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
            params![workspace, window.after, window.limit],
        )
    }

    /// Experiments whose record is being deleted and that have no job left.
    pub fn empty_deleting_experiments(&self) -> Result<Vec<Stored<Experiment>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM experiments INDEXED BY experiments_deleting
             WHERE deleting = 1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE experiment = experiments.number)
             ORDER BY number",
            [],
        )
    }

    /// The number of an experiment.
    pub(super) fn experiment_number(&self, key: &ExperimentKey) -> Result<Option<i64>, StoreError> {
        let Some(workspace) = self.workspace_number(&key.workspace)? else { return Ok(None) };
        self.cell(
            Experiment::TABLE,
            "SELECT number FROM experiments WHERE workspace = ?1 AND name = ?2",
            params![workspace, key.name.as_str()],
        )
    }
}

impl Tx<'_> {
    /// Adds one; its workspace must be there, its key free.
    pub fn insert_experiment(&self, value: &Experiment) -> Result<i64, StoreError> {
        let ExperimentKey { workspace, name } = &value.key;
        let workspace = self.workspace_for(workspace, name.as_str())?;
        self.insert::<Experiment>(
            "INSERT INTO experiments (workspace, name, deleting, document) VALUES (?1, ?2, ?3, ?4)",
            params![workspace, name.as_str(), is_deleting(value), encode(value)],
            name.as_str(),
        )
    }

    /// Replaces one; its key stays.
    pub fn update_experiment(&self, number: i64, value: &Experiment) -> Result<(), StoreError> {
        self.update::<Experiment>(
            "UPDATE experiments SET deleting = ?2, document = ?3, generation = generation + 1 WHERE number = ?1",
            params![number, is_deleting(value), encode(value)],
            number,
        )
    }

    /// Removes one; nothing may be in it.
    pub fn delete_experiment(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<Experiment>("DELETE FROM experiments WHERE number = ?1", number)
    }
}

fn is_deleting(value: &Experiment) -> bool {
    value.provisioning.state == ProvisioningState::Deleting
}
