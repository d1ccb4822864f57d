"""The commands of the documents that this suite of demos was founded on; tests/test_documented_lines.py runs them."""

FOUNDING = {
    "ttl-sessions": """
make run
make db-up
make seed
uv run python seed.py --count 50
uv run python seed.py --ttl 120
uv run uvicorn main:app --reload
curl http://127.0.0.1:8000/api/sessions
curl -X POST "http://127.0.0.1:8000/api/sessions?token=TEST1234&memory=My+secret&ttl=30"  # 201
curl -X POST "http://127.0.0.1:8000/api/sessions?token=LONG0001&memory=Important+memory&ttl=120"  # 201
curl -X DELETE http://127.0.0.1:8000/api/sessions/TEST1234  # 204
make db-down
make clean
""",
    "lwt-user-registry": """
make run
uv run python seed.py --count 80
uv run uvicorn main:app --reload
curl -X POST "http://127.0.0.1:8000/api/users?username=Agent-Cipher-007&email=cipher@registry.galaxy&\
display_name=Agent+Cipher&dimension=Dimension-6"
# 201 {"applied":true,"username":"Agent-Cipher-007",...}
# again: 409 {"detail":{"error":"username_taken","existing":{"username":"Agent-Cipher-007",
#  "email":"cipher@registry.galaxy",...}}}
curl "http://127.0.0.1:8000/api/users"
curl "http://127.0.0.1:8000/api/users?dimension=Dimension-6"
curl -X PUT "http://127.0.0.1:8000/api/profiles/<user-id>?bio=Counter-clone+specialist&expected_version=1"
# 200 {...,"version":2,...}
# again: 409 {"detail":{"error":"version_conflict","existing":{...,"version":2,...}}}
curl -X DELETE "http://127.0.0.1:8000/api/users/Agent-Cipher-007"  # 200; again: 404
make clean
""",
    "materialized-views": """
make run
uv run python seed.py --count 200
uv run uvicorn main:app --reload
curl -X POST http://127.0.0.1:8000/products \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "Quantum Entanglement Mouse",
    "category": "computing",
    "brand": "Dimension-7",
    "price": 2999.99
  }'
# 201 {"id":...,"name":"Quantum Entanglement Mouse",...}
curl http://127.0.0.1:8000/products
curl "http://127.0.0.1:8000/views/by-category?category=weapons"  # []
curl "http://127.0.0.1:8000/views/by-brand?brand=Dimension-7"  # [{...,"name":"Quantum Entanglement Mouse",...}]
curl -X DELETE http://127.0.0.1:8000/products/<product-id>  # 204
make clean
""",
}
"""The lines of each document, in the project that it is about; <…-id> is the id of what was made before."""
