"""The answer of GET /api/deploy/status/:job by FastAPI, from memory: no token, no limit, no database."""
import json
import os
from typing import Any, Optional

from fastapi import FastAPI
from pydantic import BaseModel

with open(os.environ["SLIPWAY_BENCH_ANSWERS"], encoding="utf-8") as file:
    answers = json.load(file)


class Status(BaseModel):
    jobId: str
    status: str
    progress: int
    stage: str
    message: Optional[str]
    result: Optional[dict[str, Any]]
    error: Optional[str]
    startTime: Optional[str]
    endTime: Optional[str]


app = FastAPI()


@app.get("/api/deploy/status/{job}")
async def status(job: str) -> Status:
    return answers[job]
