"""Pipeline components: sentence embeddings, case facts, entities, crisis guard."""
