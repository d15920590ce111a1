"""Chat templates in the style of the families that people publish (chat/*.jinja), and conversations for them.

Written for these tests: each does what its family's template does (roles, dates, tools, thinking, documents) with the
constructs that it uses for that.
"""
import pathlib

TEMPLATES = {p.stem: p.read_bytes().decode() for p in sorted((pathlib.Path(__file__).resolve().parent / "chat").glob("*.jinja"))}

TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "Weather of a <place> & \"time\".", "parameters": {
        "type": "object", "properties": {
            "city": {"type": "string", "description": "A city, e.g. Zürich"},
            "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
            "days": {"type": "array", "items": {"type": "integer"}}}, "required": ["city"]}}},
    {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {
        "type": "object", "properties": {"a": {"type": "number", "minimum": 0.5}, "b": {"type": ["integer", "null"]}}, "required": ["a", "b"]}}},
]
CALLS = [{"id": "call12345", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Zürich", "days": [1, 2], "now": True}}},
         {"id": "call67890", "type": "function", "function": {"name": "add", "arguments": {"a": 1.5, "b": None}}}]

CONVERSATIONS = {
    "one_turn": {"messages": [{"role": "user", "content": " Hi <b> \"you\" \n"}], "add_generation_prompt": True},
    "system_turns": {"messages": [{"role": "system", "content": "Be brief /no_think "}, {"role": "user", "content": "1+1?"},
                                  {"role": "assistant", "content": "<think>\nsum\n</think>\n\n2"}, {"role": "user", "content": "日本 👍?\r\n\r\nx"}],
                     "add_generation_prompt": True, "tools": None, "documents": None},
    "ends_with_answer": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b\n"}], "add_generation_prompt": False,
                         "enable_thinking": False},
    "tool_call": {"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": None, "tool_calls": CALLS[:1]},
                               {"role": "tool", "name": "get_weather", "tool_call_id": "call12345", "content": "{\"t\": 20.5}"}],
                  "tools": TOOLS, "add_generation_prompt": True},
    "tool_dialogue": {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Both?"},
                                   {"role": "assistant", "content": "Let me see.", "tool_calls": CALLS},
                                   {"role": "tool", "tool_call_id": "call12345", "content": "rain"}, {"role": "tool", "tool_call_id": "call67890", "content": "1.5"},
                                   {"role": "assistant", "content": "Rain, 1.5"}, {"role": "user", "content": "Thanks"}],
                      "tools": TOOLS[:1], "add_generation_prompt": True, "enable_thinking": True},
    "documents": {"messages": [{"role": "user", "content": "Which?"}], "add_generation_prompt": True, "controls": {"citations": True},
                  "documents": [{"title": "A", "text": "alpha"}, {"title": "B", "text": "beta\n"}]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": " see "}, {"type": "image"}, {"type": "text", "text": "this"}]}],
              "add_generation_prompt": True},
    "bad_order": {"messages": [{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}, {"role": "robot", "content": "z"}]},
}
for _context in CONVERSATIONS.values():
    _context |= {"bos_token": "<s>", "eos_token": "</s>"}
