"""Speed and memory, measured beside a plain asyncio loop."""
