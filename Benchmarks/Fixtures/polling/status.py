"""The answer of GET /api/deploy/status/:job by FastAPI, from memory: no token, no limit, no database."""
import json
import os

from fastapi import FastAPI

with open(os.environ["SLIPWAY_BENCH_ANSWERS"], encoding="utf-8") as file:
    answers = json.load(file)

app = FastAPI()


@app.get("/api/deploy/status/{job}")
async def status(job: str):
    return answers[job]
