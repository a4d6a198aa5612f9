from app.storage.sqlite import SqliteDatabase


async def test_smoke(database: SqliteDatabase) -> None:
    rows = await database.write(lambda tx: tx.execute("INSERT INTO teams (id, name) VALUES ('a', 'b') RETURNING id"))
    assert rows == [("a",)]
    assert await database.read("SELECT name FROM teams WHERE id = :id", {"id": "a"}) == [("b",)]
