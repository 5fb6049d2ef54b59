//! The table of nodes: one row for every place of a cluster that has a node.

use rusqlite::params;

use super::document::{Document, decode, encode};
use super::error::StoreError;
use super::{Reader, Tx};
use crate::domain::node::Node;

impl Document for Node {
    const TABLE: &'static str = "nodes";
}

impl Reader<'_> {
    /// Nodes of a cluster, by place.
    pub fn nodes(&self, cluster: i64) -> Result<Vec<Node>, StoreError> {
        let sql = "SELECT place, document FROM nodes WHERE cluster = ?1 ORDER BY place";
        self.rows(Node::TABLE, sql, [cluster], |row| {
            let failed = |error| self.failed("read table nodes", error);
            let place: u32 = row.get(0).map_err(failed)?;
            let text: String = row.get(1).map_err(failed)?;
            decode(&text, || record(cluster, place))
        })
    }
}

impl Tx<'_> {
    /// Adds or replaces the node at its place; its cluster must be there.
    pub fn put_node(&self, cluster: i64, node: &Node) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO nodes (cluster, place, document) VALUES (?1, ?2, ?3)
             ON CONFLICT (cluster, place) DO UPDATE SET document = excluded.document",
            params![cluster, node.index, encode(node)],
            || format!("save {}", record(cluster, node.index)),
        )?;
        Ok(())
    }

    /// Removes the node at this place, if there is one.
    pub fn delete_node(&self, cluster: i64, index: u32) -> Result<(), StoreError> {
        self.execute("DELETE FROM nodes WHERE cluster = ?1 AND place = ?2", params![cluster, index], || {
            format!("delete {}", record(cluster, index))
        })?;
        Ok(())
    }
}

fn record(cluster: i64, place: u32) -> String {
    format!("place {place} of cluster number {cluster} in table nodes")
}
