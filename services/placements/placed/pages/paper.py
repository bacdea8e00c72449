"""A paper as the answer to a request: saved under its name, kept nowhere on the way."""

from litestar import Response

from services.placements.placed import paper


async def answer(made: paper.Printed, name: str) -> Response[bytes]:
    """The PDF, to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(await paper.as_pdf(made), media_type="application/pdf", headers=headers)
