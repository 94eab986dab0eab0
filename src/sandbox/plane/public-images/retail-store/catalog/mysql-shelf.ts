import { createPool, type Pool, type PoolConnection, type RowDataPacket } from "mysql2/promise";
import { PRODUCTS, type Product, TAGS, type Tag } from "../goods.ts";
import type { Shelf } from "./catalogue.ts";

/** How a MySQL is reached. */
export interface Place {
  /** `HOST:3306`. */
  readonly endpoint: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** The app waits so long for a database, and ends then. */
const PATIENCE_MS = 5_000;

const TABLES = [
  "CREATE TABLE IF NOT EXISTS product (product_id VARCHAR(40) PRIMARY KEY, name VARCHAR(20), description VARCHAR(200), price INT, count INT, image_url VARCHAR(40))",
  "CREATE TABLE IF NOT EXISTS tag (tag_id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE, display_name VARCHAR(20))",
  "CREATE TABLE IF NOT EXISTS product_tag (product_id VARCHAR(40) REFERENCES product (product_id), tag_id INT REFERENCES tag (tag_id), PRIMARY KEY (product_id, tag_id))",
];

/** The goods of a MySQL, which gets its tables, and the shop's goods, where it has none. @throws Error of mysql2 */
export async function openMysqlShelf({ endpoint, ...login }: Place): Promise<Shelf> {
  const [host = "", port = "3306"] = endpoint.split(":");
  const pool = createPool({ host, port: Number(port), ...login, connectTimeout: PATIENCE_MS, connectionLimit: 5 });
  const connection = await pool.getConnection();
  try {
    await migrate(connection);
  } finally {
    connection.release();
  }
  return { products: () => productsIn(pool), tags: () => tagsIn(pool) };
}

/** One of several tasks that start at once does it. */
async function migrate(connection: PoolConnection): Promise<void> {
  await connection.query("SELECT GET_LOCK('catalog-migration', 30)");
  for (const table of TABLES) await connection.query(table);
  const [rows] = await connection.query<RowDataPacket[]>("SELECT COUNT(*) AS count FROM product");
  if (rows[0]?.count === 0) await fill(connection);
  await connection.query("SELECT RELEASE_LOCK('catalog-migration')");
}

async function fill(connection: PoolConnection): Promise<void> {
  await connection.beginTransaction();
  for (const { name, displayName } of TAGS) {
    await connection.query("INSERT IGNORE INTO tag (name, display_name) VALUES (?, ?)", [name, displayName]);
  }
  for (const { id, name, description, price, count, imageUrl, tag } of PRODUCTS) {
    const row = [id, name, description, price, count, imageUrl];
    await connection.query("INSERT INTO product VALUES (?, ?, ?, ?, ?, ?)", row);
    const tagged = "INSERT INTO product_tag SELECT ?, tag_id FROM tag WHERE name IN (?)";
    await connection.query(tagged, [id, tag]);
  }
  await connection.commit();
}

async function productsIn(pool: Pool): Promise<Product[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    "SELECT product_id AS id, product.name, description, price, count, image_url AS imageUrl, GROUP_CONCAT(tag.name ORDER BY tag_id) AS tags " +
      "FROM product JOIN product_tag USING (product_id) JOIN tag USING (tag_id) GROUP BY product_id ORDER BY product_id",
  );
  return rows.map(({ tags, ...product }) => ({ ...product, tag: String(tags).split(",") }) as unknown as Product);
}

async function tagsIn(pool: Pool): Promise<Tag[]> {
  const [rows] = await pool.query<RowDataPacket[]>("SELECT name, display_name AS displayName FROM tag ORDER BY tag_id");
  return rows.map(({ name, displayName }) => ({ name, displayName }));
}
