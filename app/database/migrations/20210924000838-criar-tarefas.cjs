/**
 * The table of the course's bia, column for column. Sequelize writes CREATE TABLE IF NOT EXISTS, so a database that the
 * course's app already filled keeps its rows.
 *
 * @type {{ up: (queries: import("sequelize").QueryInterface, types: typeof import("sequelize")) => Promise<void>,
 *          down: (queries: import("sequelize").QueryInterface) => Promise<void> }}
 */
module.exports = {
  up: (queries, { UUID, STRING, BOOLEAN, DATE }) =>
    queries.createTable("Tarefas", {
      uuid: { type: UUID, primaryKey: true, allowNull: false },
      titulo: { type: STRING, allowNull: false },
      dia_atividade: { type: STRING },
      importante: { type: BOOLEAN, defaultValue: false },
      createdAt: { type: DATE, allowNull: false },
      updatedAt: { type: DATE, allowNull: false },
    }),
  down: (queries) => queries.dropTable("Tarefas"),
};
